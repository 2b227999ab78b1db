// Whose turn it is: order and pauses per route, and no peer at another's cost.
#include "messaging/delivery/route_queue.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace messaging;
using base::AccountId;

namespace {
RouteKey route(std::int64_t id, std::uint32_t account = 1) { return {AccountId(account), id}; }
}  // namespace

TEST_CASE("a route is under way once, and comes again when there is more") {
  delivery::RouteQueue queue;
  queue.ready(route(1));
  queue.ready(route(1));
  CHECK(queue.take(0) == std::vector{route(1)});
  queue.ready(route(1));  // while it is under way
  CHECK(queue.take(0).empty());
  queue.finished(route(1), true, false, 0, 0);
  CHECK(queue.take(0) == std::vector{route(1)});
  queue.finished(route(1), true, false, 0, 0);
  CHECK(queue.take(0).empty());
  CHECK(queue.level(AccountId(1)) == delivery::RouteQueue::Level::idle);
}

TEST_CASE("pauses: a retry within a second, under 10 s for ten minutes, then under two minutes") {
  delivery::RouteQueue queue;
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

TEST_CASE("an answer of a peer, and the end of pauses, send at once") {
  delivery::RouteQueue queue;
  for (const std::int64_t id : {1, 2}) queue.ready(route(id));
  REQUIRE(queue.take(0).size() == 2);
  for (const std::int64_t id : {1, 2}) queue.finished(route(id), false, true, 0, 60'000);
  CHECK(queue.take(0).empty());
  CHECK(queue.level(AccountId(1)) == delivery::RouteQueue::Level::failing);
  queue.end_pause(route(2));
  CHECK(queue.take(0) == std::vector{route(2)});
  queue.end_pauses();
  CHECK(queue.take(0) == std::vector{route(1)});
}

TEST_CASE("peers who do not answer hold half of the deposits at most") {
  delivery::RouteQueue queue;
  constexpr std::int64_t kDead = 500;
  for (std::int64_t id = 0; id < kDead; ++id) queue.ready(route(id));
  // Each of them fails once, and from then on they are known to.
  for (std::vector<RouteKey> taken; !(taken = queue.take(0)).empty();) {
    for (const RouteKey& key : taken) queue.finished(key, false, true, 0, 0);
  }
  CHECK(queue.take(10'000).size() == delivery::RouteQueue::kMostUnderWay / 2);
  queue.ready(route(1000, 2));
  CHECK(queue.take(10'000) == std::vector{route(1000, 2)});
  CHECK(queue.level(AccountId(2)) == delivery::RouteQueue::Level::sending);
  CHECK(queue.level(AccountId(1)) == delivery::RouteQueue::Level::failing);
}

TEST_CASE("a forgotten account leaves nothing behind, not even of what is under way") {
  delivery::RouteQueue queue;
  for (std::int64_t id = 0; id < 3; ++id) queue.ready(route(id));
  queue.ready(route(7, 2));
  REQUIRE(queue.take(0).size() == 4);
  queue.forget(AccountId(1));
  queue.finished(route(0), false, true, 0, 0);
  CHECK(queue.level(AccountId(1)) == delivery::RouteQueue::Level::idle);
  queue.finished(route(7, 2), true, false, 0, 0);
  CHECK(queue.level(AccountId(2)) == delivery::RouteQueue::Level::idle);
  CHECK_FALSE(queue.next_due());
}

namespace {
// What is taken now is said to lead to strangers of one party; answers how many may go.
std::size_t strangers(delivery::RouteQueue& queue, base::Millis now, std::int64_t party) {
  std::size_t going = 0;
  for (;;) {
    const auto taken = queue.take(now);
    if (taken.empty()) return going;
    for (const RouteKey& key : taken) {
      going += queue.never_reached(key, party, true) ? 1U : 0U;
    }
  }
}
}  // namespace

TEST_CASE("routes that were never reached have places of their own, half of them for one party") {
  delivery::RouteQueue queue;
  for (std::int64_t id = 0; id < 200; ++id) queue.ready(route(id));
  CHECK(strangers(queue, 0, 7) == delivery::RouteQueue::kMostOfParty);
  CHECK_FALSE(queue.next_due());
  // Another party has the other half.
  for (std::int64_t id = 300; id < 320; ++id) queue.ready(route(id));
  CHECK(strangers(queue, 0, 8) ==
        delivery::RouteQueue::kMostStrangers - delivery::RouteQueue::kMostOfParty);
  CHECK(queue.take(0).empty());
  // Whoever was reached before has all of theirs.
  for (std::int64_t id = 1000; id < 1100; ++id) queue.ready(route(id));
  CHECK(queue.take(0).size() == delivery::RouteQueue::kMostUnderWay);
  // A place that becomes free is the other party's turn as well as the first one's.
  queue.finished(route(0), true, false, 0, 0);
  queue.finished(route(300), true, false, 0, 0);
  CHECK(queue.take(0).size() == 2);
}

TEST_CASE("parties of strangers take turns, however many wait for one of them") {
  delivery::RouteQueue queue;
  for (std::int64_t id = 0; id < 200; ++id) queue.ready(route(id));
  REQUIRE(strangers(queue, 0, 7) == delivery::RouteQueue::kMostOfParty);
  queue.ready(route(500));
  REQUIRE(strangers(queue, 0, 8) == 1);
  queue.finished(route(500), false, true, 0, 0);
  for (std::int64_t id = 0; id < 8; ++id) queue.finished(route(id), false, true, 0, 0);
  const auto next = queue.take(10'000);
  CHECK(std::find(next.begin(), next.end(), route(500)) != next.end());
}

TEST_CASE("of one party's strangers the newest that was not tried yet comes first") {
  delivery::RouteQueue queue;
  for (std::int64_t id = 0; id < 50; ++id) queue.ready(route(id));
  REQUIRE(strangers(queue, 0, 7) == delivery::RouteQueue::kMostOfParty);
  queue.ready(route(500));
  REQUIRE(strangers(queue, 0, 7) == 0);
  queue.finished(route(0), false, true, 0, 0);
  CHECK(queue.take(60'000) == std::vector{route(500)});
}

TEST_CASE("whom nobody was reached as is tried a few times, minutes apart, and is no failure") {
  delivery::RouteQueue queue;
  queue.ready(route(1));
  std::vector<base::Millis> pauses;
  base::Millis now = 0;
  for (int i = 0; i < 8; ++i) {
    const auto taken = queue.take(now);
    REQUIRE(taken == std::vector{route(1)});
    REQUIRE(queue.never_reached(route(1), 3, true));
    queue.finished(route(1), false, true, now, 0);
    queue.end_pauses();  // maybe_network is no reason to knock at strangers' doors
    REQUIRE(queue.next_due());
    pauses.push_back(*queue.next_due() - now);
    now = *queue.next_due();
  }
  CHECK(pauses[0] <= 1'000);
  CHECK(pauses[1] <= 15'000);
  for (std::size_t i = 2; i < pauses.size(); ++i) CHECK(pauses[i] >= 60'000);
  CHECK(pauses[7] <= 60 * 60'000);
  CHECK(queue.level(AccountId(1)) != delivery::RouteQueue::Level::failing);
  queue.end_pause(route(1));
  CHECK(queue.take(now) == std::vector{route(1)});
  // Reached: a route as any other.
  queue.finished(route(1), true, true, now, 0);
  REQUIRE(queue.take(now) == std::vector{route(1)});
  queue.finished(route(1), false, true, now, 0);
  CHECK(*queue.next_due() - now < 1000);
}

TEST_CASE("what is postponed keeps its tries") {
  delivery::RouteQueue queue;
  queue.ready(route(1));
  REQUIRE(queue.take(0).size() == 1);
  REQUIRE(queue.never_reached(route(1), 3, true));
  queue.postpone(route(1), 5'000);
  CHECK(queue.failures(route(1)) == 0);
  CHECK(queue.take(4'999).empty());
  CHECK(queue.take(5'000) == std::vector{route(1)});
  queue.reached_before(route(1));
  queue.finished(route(1), false, true, 5'000, 0);
  CHECK(queue.level(AccountId(1)) == delivery::RouteQueue::Level::failing);
}
