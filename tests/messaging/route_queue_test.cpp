// Whose turn it is: order and pauses per route, and no peer at another's cost.
#include "messaging/route_queue.h"

#include "tests/support/catch.h"

using namespace messaging;
using base::AccountId;

namespace {
RouteKey route(std::int64_t id, std::uint32_t account = 1) { return {AccountId(account), id}; }
}  // namespace

TEST_CASE("a route is under way once, and comes again when there is more") {
  RouteQueue queue;
  queue.ready(route(1));
  queue.ready(route(1));
  CHECK(queue.take(0) == std::vector{route(1)});
  queue.ready(route(1));  // while it is under way
  CHECK(queue.take(0).empty());
  queue.finished(route(1), true, false, 0, 0);
  CHECK(queue.take(0) == std::vector{route(1)});
  queue.finished(route(1), true, false, 0, 0);
  CHECK(queue.take(0).empty());
  CHECK(queue.level(AccountId(1)) == RouteQueue::Level::idle);
}

TEST_CASE("pauses: a retry within a second, under 10 s for ten minutes, then under two minutes") {
  RouteQueue queue;
  base::Millis now = 0;
  queue.ready(route(1));
  for (int attempt = 0; now < 60 * 60'000; ++attempt) {
    REQUIRE(queue.take(now) == std::vector{route(1)});
    queue.finished(route(1), false, true, now, 0);
    REQUIRE(queue.next_due());
    const base::Millis pause = *queue.next_due() - now;
    CHECK(pause > 0);
    if (attempt == 0) CHECK(pause < 1000);
    CHECK(pause < (now < 10 * 60'000 ? 10'000 : 120'001));
    CHECK(queue.take(now + pause - 1).empty());
    now += pause;
  }
}

TEST_CASE("what is heard from a peer, and the end of pauses, send at once") {
  RouteQueue queue;
  for (const std::int64_t id : {1, 2}) queue.ready(route(id));
  REQUIRE(queue.take(0).size() == 2);
  for (const std::int64_t id : {1, 2}) queue.finished(route(id), false, true, 0, 60'000);
  CHECK(queue.take(0).empty());
  CHECK(queue.level(AccountId(1)) == RouteQueue::Level::failing);
  queue.heard(route(2));
  CHECK(queue.take(0) == std::vector{route(2)});
  queue.end_pauses();
  CHECK(queue.take(0) == std::vector{route(1)});
}

TEST_CASE("peers who do not answer hold half of the deposits at most") {
  RouteQueue queue;
  constexpr std::int64_t kDead = 500;
  for (std::int64_t id = 0; id < kDead; ++id) queue.ready(route(id));
  // Each of them fails once, and from then on they are known to.
  for (std::vector<RouteKey> taken; !(taken = queue.take(0)).empty();) {
    for (const RouteKey& key : taken) queue.finished(key, false, true, 0, 0);
  }
  CHECK(queue.take(10'000).size() == RouteQueue::kMostUnderWay / 2);
  queue.ready(route(1000, 2));
  CHECK(queue.take(10'000) == std::vector{route(1000, 2)});
  CHECK(queue.level(AccountId(2)) == RouteQueue::Level::sending);
  CHECK(queue.level(AccountId(1)) == RouteQueue::Level::failing);
}

TEST_CASE("a forgotten account leaves nothing behind, not even of what is under way") {
  RouteQueue queue;
  for (std::int64_t id = 0; id < 3; ++id) queue.ready(route(id));
  queue.ready(route(7, 2));
  REQUIRE(queue.take(0).size() == 4);
  queue.forget(AccountId(1));
  queue.finished(route(0), false, true, 0, 0);
  CHECK(queue.level(AccountId(1)) == RouteQueue::Level::idle);
  queue.finished(route(7, 2), true, false, 0, 0);
  CHECK(queue.level(AccountId(2)) == RouteQueue::Level::idle);
  CHECK_FALSE(queue.next_due());
}
