// The mail logins of an account whose devices change them (messaging/mail/account_logins.h).
#include "messaging/mail/account_logins.h"
#include "messaging/mail/form/sync_items.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/mail/mime_reader.h"
#include "tests/messaging/mail_devices_world.h"

using namespace test;
using namespace messaging::mail;

namespace {

const std::string kOwn = "alice@mail.test";

SyncLogin login_at(const std::string& addr, std::int64_t changed,
                   std::string_view password = "pw") {
  SyncLogin said;
  said.login.addr = addr;
  said.login.imap = {"imap.example.org", 993, MailSecurity::tls, addr,
                     crypto::WipingBytes(password.begin(), password.end())};
  said.login.smtp = said.login.imap;
  said.entered.addr = addr;
  said.changed = changed;
  return said;
}

struct Logins : Devices {
  // What another device reports, by a mail from this address.
  void report(const SyncLogins& said, const std::string& from = kOwn) {
    messaging::mail::ChatMail mail;
    mail.to.push_back({MailAddress{from}});
    mail.body = MailSync{write_sync_items({said}, reported.value_or(now()))};
    if (from == kOwn) {
      mail_to_alice(alice, std::move(mail));
      return;
    }
    sent_from = from;
    mail_to_alice(alice, std::move(mail));
    sent_from.clear();
  }
  MailAccounts& mails() { return *alice.engine().mail_accounts(); }
  // "*" marks the primary one.
  std::vector<std::string> logins() {
    std::vector<std::string> out;
    const auto all = mails().list(Peer::kAccount);
    REQUIRE(all);
    for (const auto& one : *all) out.push_back((one.primary ? "*" : "") + one.entered.addr);
    return out;
  }
  base::Result<> remove(const std::string& addr) {
    return answer<void>([&](auto done) { mails().remove(Peer::kAccount, addr, std::move(done)); });
  }
  std::vector<store::MailLoginRow> rows() {
    auto found = alice.store().write_now<std::vector<store::MailLoginRow>>(
        [&](store::Tx& tx) -> base::Result<std::vector<store::MailLoginRow>> {
          EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
          const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
          return store::list_mail_logins({tx.db(), tx.vault(), key, Peer::kAccount});
        });
    REQUIRE(found);
    return *std::move(found);
  }
  std::string password_of(const std::string& addr) {
    const auto all = rows();
    const auto* row = find_login(all, addr);
    if (row == nullptr) return "none";
    const auto login = login_of(*row);
    REQUIRE(login);
    return {login->imap.password.begin(), login->imap.password.end()};
  }
  std::int64_t now() { return clock.now() / 1000; }
  std::optional<std::int64_t> reported = {};  // nullopt: now
};

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("a login that another device added is used here, until one of them deletes it") {
  Logins world;
  const std::int64_t now = world.now();
  world.report({{login_at("second@example.org", now)}, {}});
  CHECK(world.logins() == List{"*", "second@example.org"});
  CHECK(world.password_of("second@example.org") == "pw");
  CHECK(world.config(world.alice, "configured_addr") == kOwn);
  CHECK_FALSE(world.alice.events_of<TransportsModified>().empty());
  const auto rows = world.rows();
  REQUIRE(rows.size() == 2);
  const LineKey line{Peer::kAccount, rows[1].id};
  REQUIRE(world.until([&] { return world.alices_mails().watches(line); }));
  // The same report again changes nothing.
  world.alice.forget_events();
  world.report({{login_at("second@example.org", now)}, {}});
  CHECK(world.alice.events_of<TransportsModified>().empty());
  world.report({{}, {{"second@example.org", now}}});
  CHECK(world.rows().size() == 1);
  REQUIRE(world.until([&] { return !world.alices_mails().watches(line); }));
  CHECK(world.alice.events_of<TransportsModified>().size() == 1);
}

TEST_CASE("of two changes of one login the later one holds, in whatever order they come") {
  Logins world;
  const std::int64_t now = world.now();
  const std::string addr = "second@example.org";
  const SyncLogins before{{login_at(addr, now, "before")}, {}};
  const SyncLogins after{{login_at(addr, now + 5, "after")}, {}};
  SECTION("entered again") {
    world.report(GENERATE(true, false) ? before : after);
    world.report(after);
    world.report(before);
    CHECK(world.password_of(addr) == "after");
  }
  SECTION("entered twice in a second: all devices hold the same one") {
    const SyncLogins other{{login_at(addr, now, "other")}, {}};
    const bool turned = GENERATE(true, false);
    world.report(turned ? other : before);
    world.report(turned ? before : other);
    CHECK(world.password_of(addr) == "before");
  }
  SECTION("deleted, and reported by a device that did not know yet") {
    world.report(before);
    world.report({{}, {{addr, now + 3}}});
    world.report(before);
    CHECK(world.password_of(addr) == "none");
    world.report(after);
    CHECK(world.password_of(addr) == "after");
    world.report({{}, {{addr, now + 3}}});
    CHECK(world.password_of(addr) == "after");
  }
  SECTION("deleted before it was added, as mails may come in any order") {
    world.report({{}, {{addr, now + 3}}});
    world.report(before);
    CHECK(world.password_of(addr) == "none");
  }
  SECTION("deleted here") {
    world.report(before);
    REQUIRE(world.remove(addr));
    world.report(before);
    CHECK(world.password_of(addr) == "none");
  }
  SECTION("of which nobody is told any more") {
    world.report(before);
    SyncLogins hidden = after;
    hidden.logins[0].published = false;
    world.report(hidden);
    CHECK(world.password_of(addr) == "none");
    world.report({{login_at(addr, now + 6, "again")}, {}});
    CHECK(world.password_of(addr) == "again");
  }
}

TEST_CASE("an account keeps its primary login and five at most, whatever is reported") {
  Logins world;
  const std::int64_t now = world.now();
  world.report({{}, {{kOwn, now + 100}}});
  CHECK(world.rows().size() == 1);
  SyncLogins many;
  for (int i = 0; i < 9; ++i) {
    many.logins.push_back(login_at("login" + std::to_string(i) + "@example.org", now));
  }
  world.report(many);
  CHECK(world.rows().size() == kMostLogins);
  world.bob.send(world.bobs, "still read");
  REQUIRE(world.until([&] { return world.alice.has_text("still read"); }));
}

TEST_CASE("the login that another device sends from is the primary one here too") {
  Logins world;
  const std::string addr = "second@example.org";
  world.servers.add_box(addr);
  world.report({{login_at(addr, world.now())}, {}}, addr);
  CHECK(world.config(world.alice, "configured_addr") == addr);
  // The login that was the primary one can be deleted by the same mail.
  world.clock.advance(5000);
  world.alice.forget_events();
  world.report({{}, {{addr, world.now()}}}, kOwn);
  CHECK(world.config(world.alice, "configured_addr") == kOwn);
  CHECK(world.rows().size() == 1);
  CHECK_FALSE(world.alice.events_of<AccountsChanged>().empty());
  // A mail that was sent before ours was chosen says nothing of it.
  world.report({{login_at(addr, world.now() + 1)}, {}});
  world.clock.advance(60'000);
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().config().set(Peer::kAccount, {{"configured_addr", addr}}, std::move(done));
  }));
  world.reported = world.now() - 30;
  world.report({{login_at(addr, world.now() - 50)}, {}}, kOwn);
  CHECK(world.config(world.alice, "configured_addr") == addr);
  // Nor do other news, which may come from wherever they could be sent.
  world.news_to_alice(world.alice, R"({"Config":{"key":"Selfstatus","val":"here"}})");
  CHECK(world.config(world.alice, "configured_addr") == addr);
}

TEST_CASE("of two choices of the primary login the later one holds, in whatever order they come") {
  Logins world;
  const std::int64_t now = world.now();
  SyncLogins said;
  for (const char* name : {"a@example.org", "b@example.org"}) {
    said.logins.push_back(login_at(name, now));
  }
  const auto choice = [&](const std::string& addr, std::int64_t at) {
    SyncLogins out = said;
    out.primary = SyncPrimaryLogin{addr, at};
    return out;
  };
  const auto primary = [&] { return world.config(world.alice, "configured_addr"); };
  const bool turned = GENERATE(true, false);
  SECTION("at different times") {
    world.report(turned ? choice("a@example.org", now + 9) : choice("b@example.org", now + 5));
    world.report(turned ? choice("b@example.org", now + 5) : choice("a@example.org", now + 9));
    CHECK(primary() == "a@example.org");
  }
  SECTION("in one second") {
    world.report(turned ? choice("a@example.org", now + 5) : choice("b@example.org", now + 5));
    world.report(turned ? choice("b@example.org", now + 5) : choice("a@example.org", now + 5));
    CHECK(primary() == "b@example.org");
  }
  SECTION("a primary login that another device deleted gives way") {
    world.report(choice("b@example.org", now + 5));
    SyncLogins gone = choice("a@example.org", now + 3);
    gone.logins.pop_back();
    gone.removed.push_back({"b@example.org", now + 6});
    world.report(gone);
    CHECK(primary() == "a@example.org");
    CHECK(world.password_of("b@example.org") == "none");
  }
  SECTION("a login that is chosen here is there again where it was deleted before") {
    world.report(choice("a@example.org", now + 5));
    world.clock.advance(20'000);
    REQUIRE(answer<void>([&](auto done) {
      world.alice.engine().config().set(Peer::kAccount, {{"configured_addr", "b@example.org"}},
                                        std::move(done));
    }));
    world.report({{}, {{"b@example.org", now + 10}}});
    CHECK(primary() == "b@example.org");
    world.report({{}, {{"b@example.org", now + 30}}, SyncPrimaryLogin{"a@example.org", now}});
    CHECK(primary() == "a@example.org");
  }
}

TEST_CASE("what is changed here is reported to our other devices, and the first login is not") {
  Logins world;
  const std::int64_t now = world.now();
  world.servers.add_box("second@example.org");
  world.report(
      {{login_at("second@example.org", now, "geheim"), login_at("third@example.org", now)}, {}});
  const std::size_t before = world.servers.sent().size();
  REQUIRE(world.remove("third@example.org"));
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  REQUIRE(world.servers.sent().size() == before + 1);
  const auto mail = world.servers.sent().back();
  // It goes to all our mailboxes: another device may read any of them.
  CHECK(mail.recipients == List{"second@example.org", kOwn});
  const SecretKey key = world.key_of(world.alice);
  const SecretKey* const keys[] = {&key};
  const auto outer = read_mime(mail.text);
  REQUIRE(outer);
  REQUIRE(outer->parts.size() == 2);
  const auto opened = crypto::openpgp::open(outer->parts[1].body, keys, {});
  REQUIRE(opened);
  const auto inner = read_mime(opened->plaintext());
  REQUIRE(inner);
  REQUIRE(inner->parts.size() == 2);
  const base::Bytes& json = inner->parts[1].body;
  const auto items = read_sync_items({reinterpret_cast<const char*>(json.data()), json.size()});
  REQUIRE(items.size() == 1);
  const auto* said = std::get_if<SyncLogins>(&items[0]);
  REQUIRE(said != nullptr);
  CHECK(said->logins == std::vector<SyncLogin>{login_at("second@example.org", now, "geheim")});
  REQUIRE(said->removed.size() == 1);
  CHECK(said->removed[0].addr == "third@example.org");
  REQUIRE(said->primary);
  CHECK(said->primary->addr == kOwn);
  // Of an account without other devices nothing is.
  world.alice.set_config("bcc_self", "0");
  REQUIRE(world.remove("second@example.org"));
  CHECK(world.outbox(world.alice) == 0);
}
