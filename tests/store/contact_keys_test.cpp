// Contacts' keys: one of a kind, of any size, each one contact's.
#include "store/tables/contact_keys.h"

#include "store/schema/migrations.h"
#include "store/tables/contacts.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

// No protocol has it yet.
constexpr auto kOther = static_cast<ProtocolKind>(2);

ContactKey key_of(ProtocolKind kind, std::size_t fingerprint, std::uint8_t byte) {
  return {kind, base::Bytes(fingerprint, byte), base::Bytes(4'000, byte)};
}

struct Keys : test::World {
  Keys() {
    auto with = options();
    with.migrations = migrations();
    open(with);
    in_account([&](const Scope& scope) -> base::Result<> {
      EDGE_CHECK(
          scope.db.run("INSERT INTO account(id, uuid, created_at, sealed)"
                       " VALUES(1, zeroblob(16), 0, x'00')"));
      for (const std::uint32_t id : {10u, 11u}) {
        ContactRow row;
        row.id = base::ContactId(id);
        row.keys = {key_of(ProtocolKind::gateway, 32, static_cast<std::uint8_t>(id)),
                    key_of(kOther, 20, static_cast<std::uint8_t>(id))};
        EDGE_CHECK(insert_contact(scope, row));
      }
      return {};
    });
  }
  template <class F>
  void in_account(F fn) {
    must(store->write_now<void>([&](Tx& tx) -> base::Result<> {
      const AccountKey key = store->vault().account(Uuid{});
      return fn(Scope{tx.db(), store->vault(), key, base::AccountId(1)});
    }));
  }
};

}  // namespace

TEST_CASE("a contact is found by each of its keys, and read with all of them") {
  Keys keys;
  keys.in_account([](const Scope& scope) -> base::Result<> {
    EDGE_TRY(const auto by_one,
             find_contact_by_key(scope, ProtocolKind::gateway, base::Bytes(32, 11)));
    EDGE_TRY(const auto by_other, find_contact_by_key(scope, kOther, base::Bytes(20, 11)));
    REQUIRE(by_one);
    REQUIRE(by_other);
    CHECK(by_one->id.value == 11);
    CHECK(by_other->id.value == 11);
    REQUIRE(by_one->keys.size() == 2);
    CHECK(by_one->key(kOther)->fingerprint == base::Bytes(20, 11));
    CHECK(by_one->key(kOther)->key == base::Bytes(4'000, 11));
    CHECK(by_one->key(ProtocolKind::gateway)->fingerprint.size() == 32);
    // A fingerprint is of its kind.
    EDGE_TRY(const auto crossed, find_contact_by_key(scope, kOther, base::Bytes(32, 11)));
    CHECK_FALSE(crossed);
    EDGE_TRY(const auto listed, list_contacts(scope));
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].keys.size() == 2);
    CHECK(listed[1].keys.size() == 2);
    return {};
  });
}

TEST_CASE("a key is one contact's, and a contact has one of a kind") {
  Keys keys;
  keys.in_account([](const Scope& scope) -> base::Result<> {
    const auto refused = [&](std::uint32_t contact, const ContactKey& key) {
      const auto done = insert_contact_key(scope, base::ContactId(contact), key);
      return !done && done.error().code == base::Errc::already_exists;
    };
    CHECK(refused(12, key_of(ProtocolKind::gateway, 32, 10)));
    CHECK(refused(10, key_of(ProtocolKind::gateway, 32, 12)));
    CHECK_FALSE(refused(12, key_of(ProtocolKind::gateway, 32, 12)));
    return {};
  });
}

TEST_CASE("a key that was changed outside is nobody's and costs its contact") {
  Keys keys;
  keys.store.reset();
  must(must(store::Connection::open(keys.dir / "store.db"))
           ->script("UPDATE contact_key SET contact_id = 12 WHERE contact_id = 11 AND kind = 1;"
                    "UPDATE contact_key SET sealed = x'01' WHERE contact_id = 10 AND kind = 1"));
  auto with = keys.options();
  with.migrations = migrations();
  keys.open(with);
  keys.in_account([](const Scope& scope) -> base::Result<> {
    const auto moved = find_contact_by_key(scope, ProtocolKind::gateway, base::Bytes(32, 11));
    REQUIRE_FALSE(moved);
    CHECK(moved.error().code == base::Errc::sealed);
    CHECK(must(is_key_known(scope, ProtocolKind::gateway, base::Bytes(32, 11))));
    CHECK(find_contact(scope, base::ContactId(10)).error().code == base::Errc::sealed);
    EDGE_TRY(const auto listed, list_contacts(scope));
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].id.value == 11);
    CHECK(listed[0].key(ProtocolKind::gateway) == nullptr);
    return {};
  });
}
