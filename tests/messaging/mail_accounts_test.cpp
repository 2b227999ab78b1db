// How an account gets its mail logins, and what becomes of them.
#include "messaging/mail/mail_accounts.h"

#include "store/tables/accounts.h"
#include "store/tables/mail_logins.h"
#include "tests/support/catch.h"
#include "tests/support/world.h"

namespace {

using namespace messaging;  // NOLINT: the words of these tests
using namespace test;       // NOLINT
using mail::Configured;
using mail::LineKey;
using mail::LoginRequest;
using mail::MailAfter;

// Servers that accept every password but "wrong", and remember what they were asked.
class AnyServers final : public mail::MailTransport {
 public:
  void set_receiver(mail::MailReceiver&) override {}
  void configure(LoginRequest request, std::function<void(int)> progress, std::function<bool()>,
                 base::Completion<Configured> done) override {
    progress(200);
    progress(600);
    progress(600);
    if (request.password == crypto::WipingBytes{'w', 'r', 'o', 'n', 'g'}) {
      return done(base::fail(base::Errc::forbidden, "IMAP: imap.example.org:993, login: no"));
    }
    Configured found;
    found.login.addr = request.domain.empty() ? request.addr : "made@" + request.domain;
    found.login.imap = {"imap.example.org", 993, mail::MailSecurity::tls, found.login.addr,
                        request.password};
    found.login.smtp = found.login.imap;
    found.is_chatmail = !request.domain.empty();
    done(std::move(found));
  }
  void submit(LineKey, mail::MailLogin, mail::Mail,
              base::Completion<mail::SubmitReply> done) override {
    done(mail::SubmitReply{});
  }
  void watch(LineKey line, mail::MailLogin login, mail::MailCursor cursor,
             mail::WatchOptions options) override {
    base::Lock lock(mutex_);
    watched_[line] = {std::move(login), cursor, options.after};
  }
  void unwatch(LineKey line) override {
    base::Lock lock(mutex_);
    watched_.erase(line);
  }
  void forget(AccountId) override {
    base::Lock lock(mutex_);
    watched_.clear();
  }
  void fetch(LineKey, mail::MailPlace, base::Completion<bool> done) override { done(false); }
  void remove(LineKey, std::vector<mail::MailPlace>, base::Completion<> done) override { done({}); }
  void network_is_back() override {}
  std::vector<mail::LineStatus> lines(std::optional<AccountId>) const override { return {}; }

  struct Watched {
    mail::MailLogin login;
    mail::MailCursor cursor;
    MailAfter after = MailAfter::mark_seen;
  };
  std::map<LineKey, Watched> watched() {
    base::Lock lock(mutex_);
    return watched_;
  }

 private:
  base::Mutex mutex_;
  std::map<LineKey, Watched> watched_ GUARDED_BY(mutex_);
};

LoginRequest request_for(const std::string& addr, std::string_view password = "secret") {
  LoginRequest out;
  out.addr = addr;
  out.password.assign(password.begin(), password.end());
  return out;
}

// alice, whose daemon has these servers.
struct MailHome : World {
  AnyServers servers;
  MailHome() {
    alice.stop();
    alice.set_mails(&servers);
    alice.start();
  }
  ~MailHome() { alice.stop(); }
  mail::MailAccounts& mails() { return *alice.engine().mail_accounts(); }
  base::Result<> add(LoginRequest request) {
    return answer<void>(
        [&](auto done) { mails().add(Peer::kAccount, std::move(request), std::move(done)); });
  }
  base::Result<> add_by_link(std::string_view link) {
    return answer<void>(
        [&](auto done) { mails().add_by_link(Peer::kAccount, link, std::move(done)); });
  }
  base::Result<> remove(const std::string& addr) {
    return answer<void>([&](auto done) { mails().remove(Peer::kAccount, addr, std::move(done)); });
  }
  base::Result<> set(const std::string& key, const std::string& value) {
    return answer<void>([&](auto done) {
      alice.engine().config().set(Peer::kAccount, {{key, value}}, std::move(done));
    });
  }
  std::vector<std::string> addresses() {
    std::vector<std::string> out;
    const auto all = mails().list(Peer::kAccount);
    REQUIRE(all);
    for (const auto& login : *all) {
      CHECK(login.entered.password.empty());
      out.push_back((login.primary ? "*" : "") + login.entered.addr);
    }
    return out;
  }
  std::vector<std::uint32_t> progress() {
    std::vector<std::uint32_t> out;
    for (const auto& event : alice.events_of<ConfigureProgress>()) out.push_back(event.progress);
    return out;
  }
};

}  // namespace

TEST_CASE_METHOD(MailHome, "an account that nobody knows becomes one of mail by its first login") {
  REQUIRE(add(request_for("Alice@Example.org")));
  CHECK(addresses() == std::vector<std::string>{"*alice@example.org"});
  CHECK(progress() == std::vector<std::uint32_t>{1, 200, 600, 1000});
  CHECK(alice.engine().accounts().get(Peer::kAccount)->addr == "alice@example.org");
  CHECK_FALSE(alice.events_of<TransportsModified>().empty());
  const auto watched = servers.watched();
  REQUIRE(watched.size() == 1);
  CHECK(watched.begin()->second.login.imap.host == "imap.example.org");
  CHECK(watched.begin()->second.after == MailAfter::mark_seen);
  // It is the same after a restart, and watched again, from where it was.
  const LineKey line = watched.begin()->first;
  const auto stored = alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
    const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
    return store::set_mail_cursor({tx.db(), tx.vault(), key, Peer::kAccount}, line.transport, 7, 9);
  });
  REQUIRE(stored);
  servers.forget(Peer::kAccount);
  alice.restart();
  REQUIRE(servers.watched().size() == 1);
  CHECK(servers.watched().begin()->second.cursor == mail::MailCursor{7, 9});
  // Another way in of the gateways' own kind is refused.
  const auto native = answer<void>([&](auto done) {
    alice.engine().accounts().configure(Peer::kAccount, {.addr = "bot@edge"}, std::move(done));
  });
  REQUIRE_FALSE(native);
  CHECK(native.error().message.find("add_account") != std::string::npos);
}

TEST_CASE_METHOD(MailHome, "a login that fails leaves the account as it was and says why") {
  const std::string before = alice.engine().accounts().get(Peer::kAccount)->addr;
  const auto refused = add(request_for("alice@example.org", "wrong"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "IMAP: imap.example.org:993, login: no");
  const auto events = alice.events_of<ConfigureProgress>();
  REQUIRE_FALSE(events.empty());
  CHECK(events.back().progress == 0);
  CHECK(events.back().comment == refused.error().message);
  CHECK_FALSE(add(request_for("alice@example.org", "")));
  CHECK_FALSE(add(request_for("alice")));
  CHECK_FALSE(add_by_link("dclogin:alice@example.org?p=x"));
  CHECK(addresses().empty());
  CHECK(alice.engine().accounts().get(Peer::kAccount)->addr == before);
  CHECK(servers.watched().empty());
  // It was not left busy.
  CHECK(add(request_for("alice@example.org")));
}

TEST_CASE_METHOD(MailHome, "an account has five logins, one of which it writes from") {
  REQUIRE(add_by_link("dcaccount:relay.example.org"));
  CHECK(servers.watched().begin()->second.after == MailAfter::remove);
  for (const char* name : {"b", "c", "d", "e"}) {
    REQUIRE(add(request_for(std::string(name) + "@example.org")));
  }
  const auto sixth = add(request_for("f@example.org"));
  REQUIRE_FALSE(sixth);
  CHECK(sixth.error().message.find("maximum number of relays (5)") != std::string::npos);
  REQUIRE(add(request_for("b@example.org", "another")));  // replaces
  CHECK(addresses().size() == 5);
  CHECK(servers.watched().size() == 5);

  CHECK_FALSE(set("configured_addr", "nobody@example.org"));
  REQUIRE(remove("made@relay.example.org"));  // the newest is primary now
  CHECK(alice.engine().accounts().get(Peer::kAccount)->addr == "e@example.org");
  REQUIRE(set("configured_addr", "c@example.org"));
  CHECK(alice.engine().accounts().get(Peer::kAccount)->addr == "c@example.org");
  CHECK(addresses() == std::vector<std::string>{"b@example.org", "*c@example.org", "d@example.org",
                                                "e@example.org"});
  CHECK(servers.watched().size() == 4);
  CHECK_FALSE(remove("made@relay.example.org"));
  // Other devices read the same mails, and take a seen one for read by somebody.
  REQUIRE(set("bcc_self", "1"));
  for (const auto& [line, watched] : servers.watched()) CHECK(watched.after == MailAfter::leave);
  REQUIRE(set("delete_server_after", "0"));
  for (const auto& [line, watched] : servers.watched()) CHECK(watched.after == MailAfter::leave);
  REQUIRE(set("delete_server_after", "1"));
  for (const auto& [line, watched] : servers.watched()) CHECK(watched.after == MailAfter::remove);
}

TEST_CASE_METHOD(MailHome, "lines follow the account's io, and end with it") {
  REQUIRE(add(request_for("alice@example.org")));
  const auto last = remove("alice@example.org");
  REQUIRE_FALSE(last);
  CHECK(last.error().message.find("Cannot remove the last transport") == 0);
  const auto switch_io = [&](auto verb) {
    return answer<void>(
        [&](auto done) { (alice.engine().accounts().*verb)(Peer::kAccount, std::move(done)); });
  };
  REQUIRE(switch_io(&Accounts::stop_io));
  CHECK(servers.watched().empty());
  CHECK(*alice.engine().accounts().connectivity(Peer::kAccount) == 1'000);
  REQUIRE(switch_io(&Accounts::start_io));
  CHECK(servers.watched().size() == 1);
  REQUIRE(switch_io(&Accounts::remove));
  CHECK(servers.watched().empty());
}

TEST_CASE_METHOD(MailHome, "a native account that has contacts stays one") {
  join(bob, alice);
  const auto refused = add(request_for("alice@example.org"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::forbidden);
  CHECK(refused.error().message.find("add_account") != std::string::npos);
  CHECK(servers.watched().empty());
}
