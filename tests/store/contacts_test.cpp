// Contacts by their address, a label that several may share.
#include "store/tables/contacts.h"

#include "store/schema/migrations.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

TEST_CASE("contacts of one address: the verified by their places, then the others by age") {
  test::World world;
  auto options = world.options();
  options.migrations = migrations();
  world.open(options);
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    EDGE_CHECK(
        tx.db().run("INSERT INTO account(id, uuid, created_at, sealed)"
                    " VALUES(1, zeroblob(16), 0, x'00')"));
    const AccountKey key = world.store->vault().account(Uuid{});
    const Scope scope{tx.db(), world.store->vault(), key, base::AccountId(1)};
    const auto add = [&](std::uint32_t id, bool verified, std::int64_t place,
                         base::UnixMillis seen) {
      ContactRow row;
      row.id = base::ContactId(id);
      const base::Bytes bytes(32, static_cast<std::uint8_t>(id));
      row.keys.push_back({ProtocolKind::gateway, bytes, bytes});
      row.addr = id == 14 ? " Pump@Edge.Test" : "pump@edge.test";
      row.verified = verified;
      row.addr_place = place;
      row.last_seen = seen;
      return insert_contact(scope, row);
    };
    EDGE_CHECK(add(10, false, 0, 900));
    EDGE_CHECK(add(11, true, 7, 800));
    EDGE_CHECK(add(12, true, 3, 100));
    EDGE_CHECK(add(13, true, 0, 50));  // from before there were places
    EDGE_CHECK(add(14, false, 0, 999));
    EDGE_TRY(const auto found, find_contacts_by_addr(scope, "PUMP@edge.test "));
    std::vector<std::uint32_t> ids;
    for (const ContactRow& row : found) ids.push_back(row.id.value);
    CHECK(ids == std::vector<std::uint32_t>{13, 12, 11, 10, 14});
    return {};
  }));
}
