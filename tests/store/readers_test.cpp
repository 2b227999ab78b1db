#include "store/readers.h"

#include "base/cancel_scope.h"
#include "tests/store/world.h"

using base::Errc;
using store::Row;
using test::must;

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
