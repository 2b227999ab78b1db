// Receipts that are still to be sent, as they are stored, and how step 25 of the schema renames
// their table and the columns of others: rows stay intact.
#include "store/tables/pending_receipts.h"

#include "store/schema/migrations.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

constexpr base::ContactId kContact(10);

// What is pending for the contact, by the first byte of the uuid.
std::vector<int> receipts_pending(test::World& world) {
  std::vector<int> firsts;
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    const AccountKey key = world.store->vault().account(Uuid{});
    EDGE_TRY(
        const auto receipts,
        pending_receipts({tx.db(), world.store->vault(), key, base::AccountId(1)}, kContact, 9));
    for (const PendingReceipt& receipt : receipts) firsts.push_back(receipt.uuid[0]);
    return {};
  }));
  return firsts;
}

}  // namespace

TEST_CASE("rows of schema 24 stay intact under their new names, but one that was changed outside") {
  test::World world;
  auto options = world.options();
  options.migrations = migrations().first(24);
  world.open(options);
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    EDGE_CHECK(
        tx.db().run("INSERT INTO account(id, uuid, created_at, sealed)"
                    " VALUES(1, zeroblob(16), 0, x'00')"));
    EDGE_CHECK(tx.db().run(
        "INSERT INTO owed_receipt(account_id, contact_id, kind, uuid, at, told_at) VALUES"
        " (1, 10, 1, x'01000000000000000000000000000000', 5, 0),"
        " (1, 10, 2, x'02000000000000000000000000000000', 6, 0),"
        " (1, 10, 2, x'03000000000000000000000000000000', 7, 8),"  // sent
        " (1, 10, 1, x'04000000000000000000000000000000', 9, 0)"));
    EDGE_CHECK(tx.db().run(
        "INSERT INTO chat_member(account_id, chat_id, contact_id, present, told, told_at,"
        " image_told) VALUES(1, 20, 10, 1, x'0a', 11, x'0b')"));
    EDGE_CHECK(tx.db().run(
        "INSERT INTO contact(account_id, id, state, sealed, heard_seq, heard_shift, heard_session,"
        " heard_uuid, told_profile, told_avatar, told_avatar_at)"
        " VALUES(1, 10, 1, x'00', 1, 2, 3, x'04', x'05', 6, 7)"));
    EDGE_CHECK(
        tx.db().run("INSERT INTO device_manifest(account_id, contact_id, told)"
                    " VALUES(1, 10, x'0c')"));
    EDGE_CHECK(
        tx.db().run("INSERT INTO owed_state(account_id, chat_id, contact_id) VALUES(1, 20, 10)"));
    return {};
  }));
  world.store.reset();
  must(must(Connection::open(world.dir / "store.db"))
           ->script("UPDATE owed_receipt SET at = 99 WHERE at = 9"));
  options.migrations = migrations();
  world.open(options);
  CHECK(receipts_pending(world) == std::vector{1, 2});
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    const AccountKey key = world.store->vault().account(Uuid{});
    const Scope scope{tx.db(), world.store->vault(), key, base::AccountId(1)};
    CHECK(must(requeue_sent_receipts(scope, kContact, 5)));
    CHECK(must(tx.db().integer(
              "SELECT count(*) FROM checked_chat_member WHERE intact"
              " AND sent_state = x'0a' AND sent_at = 11 AND sent_image = x'0b'")) == 1);
    CHECK(must(tx.db().integer(
              "SELECT count(*) FROM checked_contact WHERE intact AND last_seq = 1"
              " AND last_shift = 2 AND last_session = 3 AND last_uuid = x'04'"
              " AND sent_profile = x'05' AND sent_avatar = 6 AND sent_avatar_at = 7")) == 1);
    CHECK(must(tx.db().integer("SELECT count(*) FROM checked_device_manifest WHERE intact"
                               " AND sent_hash = x'0c'")) == 1);
    CHECK(must(tx.db().integer("SELECT count(*) FROM checked_pending_state WHERE intact")) == 1);
    return {};
  }));
  CHECK(receipts_pending(world) == std::vector{1, 2, 3});
}
