#include "store/vault.h"

#include "crypto/init.h"
#include "tests/store/world.h"

using namespace store;
using base::Errc;
using test::must;

TEST_CASE("a sealed value opens in its own account, table, column and row alone") {
  must(crypto::init());
  const Vault vault(crypto::RecordKey::generate());
  const Uuid alice_id = random_uuid();
  const AccountKey alice = vault.account(alice_id);
  const AccountKey bob = vault.account(random_uuid());
  const auto sealed = vault.seal(alice, "message", "text", 7, base::as_bytes("hello"));
  const auto opened = must(vault.open(alice, "message", "text", 7, sealed));
  CHECK(base::as_text(opened) == "hello");
  CHECK(vault.open(vault.account(alice_id), "message", "text", 7, sealed).ok());
  for (const auto& moved : {vault.open(bob, "message", "text", 7, sealed),
                            vault.open(vault.store_wide(), "message", "text", 7, sealed),
                            vault.open(alice, "contact", "text", 7, sealed),
                            vault.open(alice, "message", "draft", 7, sealed),
                            vault.open(alice, "messag", "etext", 7, sealed),
                            vault.open(alice, "message", "text", 8, sealed)}) {
    REQUIRE_FALSE(moved);
    CHECK(moved.error().code == Errc::sealed);
  }
}

TEST_CASE("another store's key opens nothing and hashes differently") {
  must(crypto::init());
  const Vault one(crypto::RecordKey::generate());
  const Vault two(crypto::RecordKey::generate());
  const Uuid id = random_uuid();
  const auto sealed = one.seal(one.account(id), "t", "c", 1, base::as_bytes("x"));
  CHECK_FALSE(two.open(two.account(id), "t", "c", 1, sealed));
  CHECK(one.lookup(one.account(id), "addr", "a@b") != two.lookup(two.account(id), "addr", "a@b"));
}

TEST_CASE("lookups find the same value of the same account and kind") {
  must(crypto::init());
  const Vault vault(crypto::RecordKey::generate());
  const AccountKey alice = vault.account(random_uuid());
  const AccountKey bob = vault.account(random_uuid());
  const auto hash = vault.lookup(alice, "addr", "a@b");
  CHECK(hash == vault.lookup(alice, "addr", "a@b"));
  CHECK(hash != vault.lookup(bob, "addr", "a@b"));
  CHECK(hash != vault.lookup(alice, "name", "a@b"));
  CHECK(hash != vault.lookup(alice, "addr", "a@c"));
}

TEST_CASE("known text is found in the folder with sealing off and not with it on") {
  const std::string known = "the quick brown fox 8261";
  for (const bool off : {true, false}) {
    test::World world;
    auto options = world.options();
    options.sealing_off_for_tests = off;
    world.open(options);
    must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
      const auto sealed =
          tx.vault().seal(tx.vault().store_wide(), "pair", "sealed", 1, base::as_bytes(known));
      EDGE_CHECK(tx.db().run("INSERT INTO pair(account_id,id,sealed) VALUES(1,1,?)", sealed));
      EDGE_CHECK(tx.append_event(base::AccountId(1), 1, base::as_bytes(known)));
      return {};
    }));
    world.store.reset();
    bool found = false;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.dir.path())) {
      if (!entry.is_regular_file()) continue;
      found |= test::slurp(entry.path().string()).find(known) != std::string::npos;
    }
    CHECK(found == off);
  }
}
