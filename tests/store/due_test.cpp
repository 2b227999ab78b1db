// What has a time to end: while nothing does, nothing is due, and a thread that waits for it
// sleeps.
#include "store/schema/migrations.h"
#include "store/tables/calls.h"
#include "store/tables/file_accesses.h"
#include "store/tables/locations.h"
#include "store/tables/message_timers.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

struct DueWorld : test::World {
  DueWorld() {
    auto with_tables = options();
    with_tables.migrations = migrations();
    open(with_tables);
  }
};

}  // namespace

TEST_CASE("nothing is due in an empty store") {
  DueWorld world;
  auto reader = must(world.store->read());
  CHECK_FALSE(must(next_due_file_access(reader.connection())));
  CHECK_FALSE(must(next_expiring_message(reader.connection())));
  CHECK_FALSE(must(next_rung_out_call(reader.connection())));
  CHECK_FALSE(must(next_due_location_stream(reader.connection())));
}

TEST_CASE("the smallest of no rows is nothing, not zero") {
  DueWorld world;
  auto reader = must(world.store->read());
  CHECK_FALSE(must(reader->integer("SELECT min(id) FROM message")));
  CHECK(must(reader->integer("SELECT count(*) FROM message")) == 0);
}

TEST_CASE("messages whose timers are over are found without a look at the others") {
  DueWorld world;
  auto reader = must(world.store->read());
  std::string plan;
  must(
      reader->each("EXPLAIN QUERY PLAN SELECT id FROM message WHERE +account_id = 1 AND"
                   " expires_at > 0 AND expires_at <= 5 ORDER BY expires_at LIMIT 3",
                   [&](const Row& row) { plan += std::string(row.text(3)) + "\n"; }));
  CHECK(plan == "SEARCH message USING INDEX message_expires (expires_at>? AND expires_at<?)\n");
}
