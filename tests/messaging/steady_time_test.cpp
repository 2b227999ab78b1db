// Time for durations of days: it follows the boot clock, and doubts a wall clock that jumps.
#include "messaging/kernel/steady_time.h"

#include "tests/support/catch.h"

using namespace messaging;

namespace {}  // namespace

TEST_CASE("steady time runs with the boot clock, wherever the wall clock jumps") {
  base::ManualClock clock;
  const base::UnixMillis begin = clock.now();
  kernel::SteadyTime time(clock, std::nullopt);
  CHECK(time.now() == begin);
  clock.advance(5000);
  clock.jump_wall(365 * kDay);
  CHECK(time.now() == begin + 5000);
  clock.jump_wall(-800 * kDay);
  CHECK(time.now() == begin + 5000);
}

TEST_CASE("a step of over an hour is doubted until a peer's clock agrees, a smaller one is not") {
  base::ManualClock clock;
  kernel::SteadyTime time(clock, std::nullopt);
  clock.jump_wall(kHour - 1);
  time.look();
  CHECK_FALSE(time.suspect());
  for (const base::Millis step : {2 * kHour, -2 * kHour, 365 * kDay, -365 * kDay}) {
    CAPTURE(step);
    clock.jump_wall(step);
    time.look();
    CHECK(time.suspect());
    time.compare(clock.now() + 2 * kHour);
    CHECK(time.suspect());
    time.compare(clock.now() - kHour / 2);
    CHECK_FALSE(time.suspect());
    time.look();
    CHECK_FALSE(time.suspect());
  }
}

TEST_CASE("a peer whose clock is far from ours makes ours doubtful") {
  base::ManualClock clock;
  kernel::SteadyTime time(clock, std::nullopt);
  time.compare(clock.now() + 3 * kHour);
  CHECK(time.suspect());
}

TEST_CASE("while the daemon is off the wall clock counts, unless it was off for over 30 days") {
  base::ManualClock clock;
  kernel::SteadyTime before(clock, std::nullopt);
  const kernel::SteadyTime::Saved saved = before.save();
  clock.jump_wall(3 * kDay);
  kernel::SteadyTime after(clock, saved);
  CHECK(after.now() == saved.steady + 3 * kDay);
  CHECK_FALSE(after.suspect());

  const kernel::SteadyTime::Saved later = after.save();
  clock.jump_wall(40 * kDay);
  kernel::SteadyTime doubtful(clock, later);
  CHECK(doubtful.suspect());
  CHECK(doubtful.now() == later.steady);
  kernel::SteadyTime still(clock, doubtful.save());  // doubt outlives another restart
  CHECK(still.suspect());
  still.compare(clock.now());
  CHECK_FALSE(still.suspect());
  CHECK(still.now() == later.steady + 40 * kDay);
}

TEST_CASE("a clock that was set back while the daemon was off takes nothing away") {
  base::ManualClock clock;
  kernel::SteadyTime before(clock, std::nullopt);
  const kernel::SteadyTime::Saved saved = before.save();
  clock.jump_wall(-365 * kDay);
  kernel::SteadyTime after(clock, saved);
  CHECK(after.suspect());
  CHECK(after.now() == saved.steady);
}

TEST_CASE("the believed wall clock follows small corrections and never goes back") {
  base::ManualClock clock;
  kernel::SteadyTime time(clock, std::nullopt);
  clock.jump_wall(kHour / 2);
  CHECK(time.wall().now == clock.now());
  time.look();
  const base::UnixMillis before = time.wall().now;
  clock.jump_wall(-kHour / 2);
  CHECK(time.wall().now == before);
  CHECK_FALSE(time.wall().suspect);
  clock.advance(1000);
  CHECK(time.wall().now == before + 1000);
}

TEST_CASE("a wall clock that was moved is not believed until a peer or a contact agrees with it") {
  for (const bool by_contact : {true, false}) {
    base::ManualClock clock;
    kernel::SteadyTime time(clock, std::nullopt);
    const base::UnixMillis before = time.wall().now;
    clock.jump_wall(-2 * kHour);
    CHECK(time.wall().suspect);
    CHECK(time.wall().now == before);  // no window grows
    time.look();
    time.compare_contact(clock.now() + 5 * kHour);
    time.compare(clock.now() + 5 * kHour);
    CHECK(time.wall().suspect);
    if (by_contact) {
      time.compare_contact(clock.now() - kHour / 2);
    } else {
      time.compare(clock.now() - kHour / 2);
    }
    CHECK_FALSE(time.wall().suspect);
    CHECK(time.wall().now == clock.now());
  }
}

TEST_CASE("a peer whose clock is far from ours closes no file here") {
  base::ManualClock clock;
  kernel::SteadyTime time(clock, std::nullopt);
  time.compare(clock.now() + 3 * kHour);
  time.compare_contact(clock.now() - 3 * kHour);
  CHECK(time.suspect());
  CHECK_FALSE(time.wall().suspect);
}

TEST_CASE(
    "the believed wall clock goes on over a stop, and doubts one that is far from where it was") {
  base::ManualClock clock;
  kernel::SteadyTime before(clock, std::nullopt);
  const kernel::SteadyTime::Saved saved = before.save();
  clock.jump_wall(-kHour / 2);
  CHECK(kernel::SteadyTime(clock, saved).wall().now == saved.trusted);
  CHECK_FALSE(kernel::SteadyTime(clock, saved).wall().suspect);
  clock.jump_wall(-kHour);
  CHECK(kernel::SteadyTime(clock, saved).wall().suspect);
  clock.jump_wall(20 * kDay);
  CHECK(kernel::SteadyTime(clock, saved).wall().now == clock.now());
  clock.jump_wall(20 * kDay);
  kernel::SteadyTime doubtful(clock, saved);
  CHECK(doubtful.wall().suspect);
  kernel::SteadyTime still(clock, doubtful.save());  // doubt outlives another restart
  CHECK(still.wall().suspect);
}
