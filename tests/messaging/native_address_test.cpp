// Addresses and links by which accounts are configured, and invites of mail accounts as they are
// recognised.
#include "messaging/model/native_address.h"

#include "messaging/model/mail_invite.h"
#include "tests/support/catch.h"

using namespace messaging;
using base::Errc;

TEST_CASE("an address is native when its domain has no dot") {
  for (const char* addr : {"bot@edge", " bot@edge\n", "a.b@edge", "a@b@c", "x@local-host_1"}) {
    INFO(addr);
    CHECK(native_address(addr).ok());
  }
  CHECK(*native_address(" bot@edge ") == "bot@edge");
  CHECK(*native_address("Bot@EDGE") == "bot@edge");
  for (const char* addr : {"bot@example.org", "bot@[127.0.0.1]", "bot@.", "a@b.c"}) {
    INFO(addr);
    const auto refused = native_address(addr);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::forbidden);
    CHECK(refused.error().message.find("a mail server's") != std::string::npos);
  }
  for (const char* addr :
       {"", "bot", "@edge", "bot@", "b t@edge", "bot@ed ge", "bot@ed/ge", "\xff@e"}) {
    INFO(addr);
    const auto refused = native_address(addr);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::invalid_argument);
  }
  CHECK_FALSE(native_address(std::string(400, 'x') + "@edge").ok());
}

TEST_CASE("addresses that are made up differ and are native") {
  const auto one = made_up_address("edge");
  const auto two = made_up_address("edge");
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK(*one != *two);
  CHECK(one->ends_with("@edge"));
  CHECK(native_address(*one).ok());
  CHECK(made_up_address("example.org").error().code == Errc::forbidden);
  CHECK(made_up_address("foo bar").error().code == Errc::invalid_argument);
}

TEST_CASE("an account link names a domain, in each of its forms") {
  CHECK(is_account_link("dcaccount:edge"));
  CHECK(is_account_link(" DCACCOUNT:edge"));
  CHECK_FALSE(is_account_link("dcaccount"));
  CHECK(*domain_of_account_link("dcaccount:edge") == "edge");
  CHECK(*domain_of_account_link("DCACCOUNT://edge") == "edge");
  CHECK(*domain_of_account_link("dcaccount:https://nine.example.org/new?x") == "nine.example.org");
  CHECK_FALSE(domain_of_account_link("dcaccount:").ok());
  CHECK_FALSE(domain_of_account_link("dcaccount:https:///new").ok());
  CHECK(is_login_link("dclogin:a@b?p=x&v=1"));
  CHECK(*address_of_login_link("dclogin://a@b?p=x&v=1") == "a@b");
  CHECK(*address_of_login_link("dclogin:a%40b.c/?p=x&v=1") == "a@b.c");
  CHECK_FALSE(address_of_login_link("dclogin:a%4?p=x&v=1").ok());
  CHECK_FALSE(address_of_login_link("dclogin:a@b").ok());
  CHECK_FALSE(address_of_login_link("dclogin:?v=1").ok());
}

TEST_CASE("an invite of a mail account is read in both of its forms, and cut ones are refused") {
  const std::string digits = "0d4A9C2D3C2A5E2B5D4F0A9C2D3C2A5E2B5D4F0A";
  const std::string fields = "a=ali%63e%40example.org&n=Al+ice&i=aaaaaaaaaaaaa&s=bbbbbbbbbbbbb";
  for (const std::string& link :
       {"https://i.delta.chat/#" + digits + "&v=3&" + fields,
        "OPENPGP4FPR:" + digits + "#v=3&" + fields, "openpgp4fpr:" + digits + "%23v=3&" + fields}) {
    INFO(link);
    REQUIRE(is_mail_invite(link));
    const auto invite = parse_mail_invite(link);
    REQUIRE(invite.ok());
    CHECK(invite->fingerprint == "0D4A9C2D3C2A5E2B5D4F0A9C2D3C2A5E2B5D4F0A");
    CHECK(invite->addr == "alice@example.org");
    CHECK(invite->name == "Al ice");
    CHECK(invite->number == "aaaaaaaaaaaaa");
    CHECK(invite->secret == "bbbbbbbbbbbbb");
    CHECK(invite->v3);
  }
  CHECK_FALSE(
      is_mail_invite("OPENPGP4FPR:" + digits + std::string(24, 'A') + "#a=x"));  // a gateway's
  CHECK_FALSE(is_mail_invite("https://i.delta.chat/" + digits));
  // Cut at every place, it is read or refused, and never more than it is.
  const std::string whole =
      "https://i.delta.chat/#" + digits + "&" + fields + "&g=Group&x=grpidgrpid1";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    if (!is_mail_invite(cut)) continue;
    const auto invite = parse_mail_invite(cut);
    if (invite.ok()) CHECK(invite->group.has_value() == (length == whole.size()));
  }
  CHECK_FALSE(parse_mail_invite("https://i.delta.chat/#" + digits.substr(1)).ok());
  for (const char* other : {"", "hello", "just some words", "OPENPGP4FPR"}) {
    const auto none = parse_mail_invite(other);
    REQUIRE_FALSE(none);
    CHECK(none.error().message.find("is not an invite link") != std::string::npos);
  }
  CHECK_FALSE(parse_mail_invite(whole + std::string(3000, 'x')).ok());
  const auto short_secret =
      parse_mail_invite("https://i.delta.chat/#" + digits + "&i=abc&s=def&a=x@y");
  REQUIRE(short_secret.ok());
  CHECK(short_secret->secret.empty());
}
