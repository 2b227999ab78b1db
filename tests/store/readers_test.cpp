#include "store/readers.h"

#include <sqlite3.h>

#include <latch>

#include "base/cancel_scope.h"
#include "tests/store/tally.h"
#include "tests/store/world.h"

using base::Errc;
using store::Row;
using store::Tx;
using test::must;
using test::Tally;

TEST_CASE("a read whose caller has gone is stopped, and its connection serves the next") {
  test::World world;
  world.open();
  base::CancelSource source;
  const base::Cancellation token = source.token();
  const std::string party = "caller";
  constexpr std::string_view kEndless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
      " SELECT i FROM n";
  {
    const base::CancelScope scope(token, party);
    store::Reader reader = must(world.store->read());
    int seen = 0;
    const auto result = reader->each(kEndless, [&](const Row&) {
      if (++seen == 100) source.cancel();
    });
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::unavailable);
    CHECK(seen < 1'000'000);
    store::Reader moved = std::move(reader);
    CHECK_FALSE(moved->each(kEndless, [](const Row&) {}));  // nor does it begin another
  }
  store::Reader next = must(world.store->read());
  CHECK(must(next->integer("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                           "i < 100000) SELECT count(*) FROM n")) == 100'000);
}

TEST_CASE("readers see a snapshot and do not wait for an open write") {
  test::World world;
  world.open();
  must(world.add_note(1));
  std::latch inside(1);
  std::latch go_on(1);
  Tally tally;
  world.store->write<void>(
      [&](Tx& tx) -> base::Result<> {
        EDGE_CHECK(tx.db().run("INSERT INTO note(number) VALUES(2)"));
        inside.count_down();
        go_on.wait();
        return {};
      },
      [&](base::Result<>) { tally.add(); });
  inside.wait();
  auto before = must(world.store->read());
  CHECK(must(before->integer("SELECT count(*) FROM note")) == 1);
  go_on.count_down();
  tally.wait_for(1);
  CHECK(must(before->integer("SELECT count(*) FROM note")) == 1);  // still its snapshot
  CHECK(world.count_notes() == 2);
}

TEST_CASE("a hundred rows on as many pages are read from the disk once") {
  test::World world;
  world.open();
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    return tx.db().script(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO note(number, text) SELECT i, hex(zeroblob(1000)) FROM n");
  }));
  const auto pages_read = [&] {
    auto reader = must(world.store->read());
    for (int row = 1; row <= 100; ++row) {
      must(reader->integer("SELECT length(text) FROM note WHERE number = ?", row * 10));
    }
    int read = 0;
    int highest = 0;
    sqlite3_db_status(reader->handle(), SQLITE_DBSTATUS_CACHE_MISS, &read, &highest, 1);
    return read;
  };
  CHECK(pages_read() > 100);
  CHECK(pages_read() == 0);
}

TEST_CASE("readers are pooled and bounded") {
  test::World world;
  auto options = world.options();
  options.readers = {.keep = 1, .most = 3};
  world.open(options);
  {
    auto a = must(world.store->read());
    auto b = must(world.store->read());
    auto c = must(world.store->read());
    const auto d = world.store->read();
    REQUIRE_FALSE(d);
    CHECK(d.error().code == Errc::unavailable);
  }
  for (int i = 0; i < 10; ++i) must(world.store->read());
}
