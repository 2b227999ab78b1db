// Who may open a file, as it is stored, and how version 10 takes over what was there.
#include "store/tables/file_accesses.h"

#include "store/schema/migrations.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

TEST_CASE("accesses of schema 9 are kept, and take further ones of the same holder beside them") {
  test::World world;
  auto options = world.options();
  options.migrations = migrations().first(9);
  world.open(options);
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    EDGE_CHECK(
        tx.db().run("INSERT INTO account(id, uuid, mailbox, created_at, sealed)"
                    " VALUES(1, x'01', 'm', 0, x'00')"));
    EDGE_CHECK(tx.db().run(
        "INSERT INTO file_access(account_id, file_id, contact_id, chat_id, msg_id, state, rev,"
        " expires_at, changed_at, group_id) VALUES"
        " (1, 7, 10, 20, 30, 1, 3, 99, 5, x'000102030405060708090a0b0c0d0e0f'),"
        " (1, 7, 11, 21, 31, 4, 2, 0, 5, NULL),"
        " (1, 8, 1, 20, 32, 1, 1, 0, 5, x'000102030405060708090a0b0c0d0e0f')"));
    return {};
  }));
  world.store.reset();
  options.migrations = migrations();
  world.open(options);
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    CHECK(must(tx.db().integer("SELECT count(*) FROM file_access")) == 3);
    CHECK(must(tx.db().integer("SELECT rev FROM file_access WHERE file_id = 7 AND contact_id = 10"
                               " AND length(group_id) = 16 AND expires_at = 99")) == 3);
    CHECK(must(tx.db().integer("SELECT state FROM file_access WHERE file_id = 7"
                               " AND contact_id = 11 AND group_id = x''")) == 4);
    // At a holder the group said nothing.
    CHECK(must(tx.db().integer("SELECT msg_id FROM file_access WHERE file_id = 8"
                               " AND group_id = x''")) == 32);
    EDGE_CHECK(tx.db().run(
        "INSERT INTO file_access(account_id, file_id, contact_id, chat_id, state, rev, changed_at)"
        " VALUES(1, 7, 10, 22, 1, 4, 6)"));
    CHECK(must(tx.db().integer("SELECT count(*) FROM file_access WHERE contact_id = 10")) == 2);
    return {};
  }));
}
