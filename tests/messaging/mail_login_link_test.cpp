#include "messaging/mail/login_link.h"
#include "messaging/mail/mail_logins.h"
#include "tests/support/catch.h"

namespace {

using messaging::mail::MailSecurity;
using messaging::mail::read_account_link;
using messaging::mail::read_login_link;
using messaging::mail::read_mail_address;

std::string text(const crypto::WipingBytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEST_CASE("login links are read as Delta Chat's core reads them") {
  for (const std::string link :
       {"dclogin://Email@host.tld?p=123&v=1", "DCLOGIN:email@host.tld/?p=123&v=1",
        "dclogin://email@host.tld/ignored/path?v=1&p=123&unknown=x&"}) {
    const auto read = read_login_link(link);
    REQUIRE(read);
    CHECK(read->addr == "email@host.tld");
    CHECK(text(read->password) == "123");
    CHECK(read->imap.host.empty());
    CHECK_FALSE(read->any_certificate);
  }
  const auto all = read_login_link(
      "dclogin:email@host.tld?p=secret&v=1&ih=imap.host.tld&ip=4000&iu=max&ipw=87654&is=ssl&ic=3"
      "&sh=mail.host.tld&sp=3000&su=max@host.tld&spw=3242HS&ss=plain&sc=3");
  REQUIRE(all);
  CHECK(all->imap.host == "imap.host.tld");
  CHECK(all->imap.port == 4'000);
  CHECK(all->imap.user == "max");
  CHECK(text(all->imap.password) == "87654");
  CHECK(all->imap.security == MailSecurity::tls);
  CHECK(all->smtp.host == "mail.host.tld");
  CHECK(all->smtp.port == 3'000);
  CHECK(all->smtp.user == "max@host.tld");
  CHECK(text(all->smtp.password) == "3242HS");
  CHECK(all->smtp.security == MailSecurity::plain);
  CHECK(all->any_certificate);
  CHECK(read_login_link("dclogin:username@%5b192.168.1.1%5d?p=1234&v=1")->addr ==
        "username@[192.168.1.1]");
  CHECK(text(read_login_link("dclogin:email@host.tld?p=%7BDaehFl%3B%22as%40%21f%7B%7Dfg&v=1")
                 ->password) == "{DaehFl;\"as@!f{}fg");
  CHECK(read_login_link("dclogin:usename+extension@host?p=1234&v=1")->addr ==
        "usename+extension@host");
}

TEST_CASE("a login link that cannot be read is not repeated by its error") {
  for (const std::string link :
       {"dclogin:email@host.tld?p=geheim", "dclogin:email@host.tld?p=geheim&v=2",
        "dclogin:email@host.tld?v=1", "dclogin:?p=geheim&v=1", "dclogin:geheim",
        "dclogin:email@host.tld?p=geheim&v=1&ip=0", "dclogin:email@host.tld?p=geheim&v=1&ip=70000",
        "dclogin:email@host.tld?p=geheim&v=1&is=tls", "dclogin:email@host.tld?p=geheim&v=1&ic=4",
        "dclogin:email@host.tld?p=geheim&v=1&ih=a%20b", "dclogin:email@host.tld?p=geheim%&v=1",
        "dclogin:email@host.tld?p=geheim%00&v=1", "dclogin:a b@host.tld?p=geheim&v=1",
        "dclogin:email@host.tld?p=geheim%0d%0aQUIT&v=1", "dcx:email@host.tld?p=geheim&v=1"}) {
    CAPTURE(link);
    const auto read = read_login_link(link);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("geheim") == std::string::npos);
  }
}

TEST_CASE("account links name a relay or a page") {
  CHECK(read_account_link("dcaccount:Nine.Example.org")->domain == "nine.example.org");
  CHECK(read_account_link("DCACCOUNT://nine.example.org/")->domain == "nine.example.org");
  CHECK(read_account_link("dcaccount:https://nine.example.org/new?x=1")->domain ==
        "https://nine.example.org/new?x=1");
  CHECK(read_account_link("dcaccount:https://127.0.0.1:8443/new")->domain ==
        "https://127.0.0.1:8443/new");
  for (const std::string link :
       {"dcaccount:", "dcaccount:a b", "dcaccount:http://x.y/new", "dcaccount:https:///new",
        "dcaccount:https://a b/", "account:x.y"}) {
    CHECK_FALSE(read_account_link(link));
  }
}

TEST_CASE("mail addresses are lower-cased and bounded") {
  CHECK(*read_mail_address("Ann.Lee@Example.ORG") == "ann.lee@example.org");
  CHECK(*read_mail_address("a@[::1]") == "a@[::1]");
  for (const std::string bad :
       {"", "a", "@b.c", "a@", "a b@c.d", "a@b@c.d", "a<x>@b.c", "a@b c", "a\r\n@b.c", "a@.b"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_mail_address(bad));
  }
  CHECK_FALSE(read_mail_address(std::string(250, 'a') + "@b.cd"));
}

TEST_CASE("a stored login is read as it was written, and damage is found") {
  messaging::mail::StoredLogin login;
  login.login.addr = "a@b.c";
  login.login.imap = {"imap.b.c", 993, MailSecurity::tls, "a@b.c", {'p', 'w'}};
  login.login.smtp = {"smtp.b.c", 587, MailSecurity::starttls, "a", {'p'}};
  login.login.any_certificate = true;
  login.entered.addr = "a@b.c";
  login.entered.imap.host = "imap.b.c";
  login.entered.smtp.security = MailSecurity::starttls;
  login.is_chatmail = true;
  login.largest_mail = 31'457'280;
  const auto bytes = encode_login(login);
  const auto read = messaging::mail::decode_login(bytes);
  REQUIRE(read);
  CHECK(read->login == login.login);
  CHECK(read->entered.smtp.security == MailSecurity::starttls);
  CHECK_FALSE(read->entered.imap.security);
  CHECK(read->is_chatmail);
  CHECK(read->largest_mail == 31'457'280);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    CHECK_FALSE(messaging::mail::decode_login(base::ByteView(bytes).first(cut)));
  }
}
