#include "store/own_tables.h"
#include "store/relay/admissions.h"
#include "store/relay/deposit_keys.h"
#include "store/relay/envelopes.h"
#include "store/relay/mailboxes.h"
#include "store/relay/relay_schema.h"
#include "store/relay/relay_store.h"
#include "tests/store/world.h"

namespace {

using store::RelayKeyId;
using store::RelayPurpose;
using test::must;

RelayKeyId id_of(std::uint8_t n) {
  RelayKeyId out{};
  out[0] = n;
  return out;
}

// A relay's database beside a real store, whose vault it borrows.
struct RelayWorld {
  test::World world;
  std::unique_ptr<store::RelayStore> relay;

  RelayWorld() {
    world.open();
    open();
  }
  void open() {
    relay.reset();
    relay =
        must(store::RelayStore::open({.dir = world.dir.path()}, world.store->vault(), world.clock));
  }
  template <class T, class F>
  base::Result<T> write(F fn) {
    std::optional<base::Result<T>> result;
    relay->write<T>([&](store::Tx& tx) -> base::Result<T> { return fn(tx); },
                    [&](base::Result<T> r) { result.emplace(std::move(r)); });
    relay->flush();
    return *std::move(result);
  }
  std::int64_t mailbox(const std::string& name, std::int64_t admission = 0) {
    return must(write<std::int64_t>([&](store::Tx& tx) {
      return store::insert_mailbox(tx.db(), name, std::array<std::uint8_t, 32>{}, {admission, {}},
                                   tx.now());
    }));
  }
  void add_key(std::int64_t box, std::uint8_t n, std::uint8_t pseudonym) {
    must(write<void>([&](store::Tx& tx) {
      return store::add_relay_key(tx.db(), tx.vault(), box, id_of(n), base::Bytes(32, n),
                                  RelayPurpose::contact, id_of(pseudonym));
    }));
  }
  std::optional<store::RelayKey> key(std::int64_t box, std::uint8_t n) {
    auto read = must(relay->read());
    return must(store::find_relay_key(read.connection(), world.store->vault(), box, id_of(n)));
  }
  void deposit(std::int64_t box, std::uint8_t n, std::vector<base::Bytes> envelopes) {
    const auto by = key(box, n);
    REQUIRE(by);
    std::vector<base::ByteView> views(envelopes.begin(), envelopes.end());
    must(write<void>([&](store::Tx& tx) {
      return store::insert_envelopes(tx.db(), box, by->depositor, id_of(n), tx.now(), views);
    }));
  }
  std::vector<store::KeptEnvelope> kept(std::int64_t box, std::int64_t after = 0,
                                        std::size_t bytes = 1 << 20, std::size_t limit = 1000) {
    auto read = must(relay->read());
    return must(store::envelopes_after(read.connection(), box, after, bytes, limit));
  }
  store::RelayMailbox find(const std::string& name) {
    auto read = must(relay->read());
    auto found = must(store::find_mailbox(read.connection(), name));
    REQUIRE(found);
    return *found;
  }
  store::RelayUsage in_all() {
    auto read = must(relay->read());
    return must(store::usage_in_all(read.connection()));
  }
};

}  // namespace

TEST_CASE("relay: envelopes come back in order, survive a reopening and go when acknowledged") {
  RelayWorld world;
  const auto box = world.mailbox("a");
  const auto other = world.mailbox("b");
  world.add_key(box, 1, 1);
  world.add_key(other, 1, 1);
  world.deposit(box, 1, {base::Bytes(10, 1), base::Bytes(20, 2)});
  world.deposit(other, 1, {base::Bytes(5, 9)});
  world.deposit(box, 1, {base::Bytes(30, 3)});
  world.open();
  const auto kept = world.kept(box);
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].body == base::Bytes(10, 1));
  CHECK(kept[2].body == base::Bytes(30, 3));
  CHECK(kept[1].key_id == id_of(1));
  CHECK(world.find("a").usage.bytes == 60);
  CHECK(world.in_all().bytes == 65);
  CHECK(world.in_all().envelopes == 4);

  // Another mailbox's owner cannot acknowledge what is not in it, and twice is once.
  const std::vector<std::int64_t> ids{kept[0].id, kept[2].id};
  for (const auto& [mailbox, gone] : {std::pair{other, 0}, std::pair{box, 2}, std::pair{box, 0}}) {
    CHECK(must(world.write<std::int64_t>([&, m = mailbox](store::Tx& tx) {
            return store::delete_envelopes(tx.db(), m, ids);
          })) == gone);
  }
  REQUIRE(world.kept(box).size() == 1);
  CHECK(world.kept(box)[0].body == base::Bytes(20, 2));
  CHECK(world.find("a").usage.bytes == 20);
  CHECK(world.key(box, 1)->usage.bytes == 20);
  CHECK(world.in_all().bytes == 25);
}

TEST_CASE("relay: a fetch stops at its bytes and its number, but gives at least one") {
  RelayWorld world;
  const auto box = world.mailbox("a");
  world.add_key(box, 1, 1);
  world.deposit(box, 1, {base::Bytes(100, 1), base::Bytes(100, 2), base::Bytes(100, 3)});
  CHECK(world.kept(box, 0, 250).size() == 2);
  CHECK(world.kept(box, 0, 1).size() == 1);
  CHECK(world.kept(box, 0, 1000, 2).size() == 2);
  const auto first = world.kept(box, 0, 1).front().id;
  CHECK(world.kept(box, first).size() == 2);
}

TEST_CASE("relay: a used key demotes those its depositor had before, and no other contact's") {
  RelayWorld world;
  const auto box = world.mailbox("a");
  world.add_key(box, 1, 7);
  world.add_key(box, 2, 8);
  world.add_key(box, 3, 7);
  // Both hold until the new one is used; using the old one changes nothing.
  must(world.write<void>(
      [&](store::Tx& tx) { return store::retire_older_keys(tx.db(), *world.key(box, 1)); }));
  CHECK(world.key(box, 3)->purpose == RelayPurpose::contact);
  must(world.write<void>(
      [&](store::Tx& tx) { return store::retire_older_keys(tx.db(), *world.key(box, 3)); }));
  CHECK(world.key(box, 1)->purpose == RelayPurpose::handshakes);
  CHECK(world.key(box, 2)->purpose == RelayPurpose::contact);
  CHECK(world.key(box, 3)->purpose == RelayPurpose::contact);

  must(world.write<void>(
      [&](store::Tx& tx) { return store::remove_relay_key(tx.db(), box, id_of(2)); }));
  CHECK_FALSE(world.key(box, 2));
  auto read = must(world.relay->read());
  CHECK(must(store::list_relay_keys(read.connection(), box)).size() == 2);
}

TEST_CASE("relay: a key's secret stands sealed on the disk") {
  RelayWorld world;
  const auto box = world.mailbox("a");
  must(world.write<void>([&](store::Tx& tx) {
    return store::add_relay_key(tx.db(), tx.vault(), box, id_of(1),
                                base::as_bytes("0123456789abcdefSECRETSECRETSECR"),
                                RelayPurpose::contact, id_of(1));
  }));
  world.relay->stop();
  for (const char* file : {"relay.db", "relay.db-wal"}) {
    CHECK(test::slurp(world.world.dir / file).find("SECRETSECRET") == std::string::npos);
  }
}

TEST_CASE("relay: an admission is found by its token until it is revoked, and its name is taken") {
  RelayWorld world;
  const std::string token = store::new_admission_token();
  const auto hash = store::admission_hash(token);
  // As the command line does, beside the running daemon.
  auto db = must(store::open_relay_database({.dir = world.world.dir.path()}));
  must(store::insert_admission(*db, "boat", hash, 5));
  const auto again = store::insert_admission(*db, "boat", store::admission_hash("x"), 6);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == base::Errc::already_exists);
  CHECK_FALSE(store::insert_admission(*db, "a b", store::admission_hash("y"), 6));

  auto found = [&] {
    auto read = must(world.relay->read());
    return must(store::find_admission(read.connection(), hash));
  };
  REQUIRE(found());
  const auto box = world.mailbox("a", *found());
  world.add_key(box, 1, 1);
  world.deposit(box, 1, {base::Bytes(40, 1)});
  CHECK(world.find("a").admitted);
  const auto list = must(store::list_admissions(*db));
  REQUIRE(list.size() == 1);
  CHECK(list[0].mailboxes == 1);
  CHECK(list[0].bytes == 40);

  must(store::revoke_admission(*db, "boat", 9));
  CHECK_FALSE(found());
  CHECK_FALSE(world.find("a").admitted);
  CHECK_FALSE(store::revoke_admission(*db, "ship", 9));
  world.relay->stop();
  for (const char* file : {"relay.db", "relay.db-wal"}) {
    CHECK(test::slurp(world.world.dir / file).find(token) == std::string::npos);
  }
}

TEST_CASE("relay: what is old goes, and an abandoned mailbox takes its envelopes along") {
  RelayWorld world;
  const auto box = world.mailbox("a");
  world.add_key(box, 1, 1);
  world.deposit(box, 1, {base::Bytes(10, 1)});
  world.world.clock.advance(10'000);
  world.deposit(box, 1, {base::Bytes(20, 2)});
  const auto now = world.world.clock.now();
  CHECK(must(world.write<std::int64_t>([&](store::Tx& tx) {
          return store::delete_old_envelopes(tx.db(), now - 5'000);
        })) == 1);
  CHECK(world.in_all().bytes == 20);
  const auto gone = [&](base::UnixMillis before, base::UnixMillis unused_before) {
    std::vector<std::string> names;
    for (const auto& one : must(world.write<std::vector<store::MailboxName>>([&](store::Tx& tx) {
           return store::delete_abandoned_mailboxes(tx.db(), before, unused_before);
         }))) {
      names.push_back(one.name);
    }
    return names;
  };
  world.mailbox("unused");
  CHECK(gone(now - 20'000, now).empty());
  CHECK(gone(now - 20'000, now + 1) == std::vector<std::string>{"unused"});
  CHECK(gone(now, now) == std::vector<std::string>{"a"});
  CHECK(world.in_all().bytes == 0);
  CHECK(world.in_all().envelopes == 0);
  CHECK(world.kept(box).empty());
}

TEST_CASE(
    "relay: keys are counted as they come and go, also those of an earlier version's database") {
  RelayWorld world;
  world.relay.reset();
  {
    auto db = must(store::Connection::open(world.world.dir.path() + "/early.db", {}));
    must(db->script(store::own_tables_sql()));
    must(store::migrate(*db, store::relay_migrations().first(1)));
    must(
        db->run("INSERT INTO mailbox(id, name, owner, admission_id, created_at, seen_at)"
                " VALUES(1, 'early', x'00', 0, 1, 1), (2, 'other', x'00', 0, 1, 1)"));
    must(db->run("INSERT INTO depositor(id, mailbox_id, pseudonym) VALUES(1, 1, x'01')"));
    must(
        db->run("INSERT INTO deposit_key(mailbox_id, depositor_id, key_id, purpose, sealed)"
                " VALUES(1, 1, x'01', 2, x''), (1, 1, x'02', 2, x'')"));
    must(store::migrate(*db, store::relay_migrations()));
    CHECK(must(store::count_relay_keys(*db, 1)).mailbox == 2);
    CHECK(must(store::count_relay_keys(*db, 2)).mailbox == 0);
    CHECK(must(store::count_relay_keys(*db, 2)).all == 2);
  }
  world.open();
  const auto one = world.mailbox("a", 7);
  const auto two = world.mailbox("b", 7);
  const auto other = world.mailbox("c", 8);
  world.add_key(one, 1, 1);
  world.add_key(one, 2, 1);
  world.add_key(one, 2, 1);  // known
  world.add_key(two, 1, 1);
  world.add_key(other, 1, 1);
  const auto counts = [&](std::int64_t box) {
    auto read = must(world.relay->read());
    const auto found = must(store::count_relay_keys(read.connection(), box));
    return std::array{found.mailbox, found.party, found.all};
  };
  CHECK(counts(one) == std::array<std::int64_t, 3>{2, 3, 4});
  for (int twice = 0; twice < 2; ++twice) {
    must(world.write<void>(
        [&](store::Tx& tx) { return store::remove_relay_key(tx.db(), one, id_of(2)); }));
  }
  CHECK(counts(one) == std::array<std::int64_t, 3>{1, 2, 3});
  must(world.write<void>([&](store::Tx& tx) { return store::delete_mailbox(tx.db(), two); }));
  CHECK(counts(one) == std::array<std::int64_t, 3>{1, 1, 2});
}
