// Who waits for the end of an account's removal is woken by it, or by a stop.
#include "messaging/kernel/removals.h"

#include <thread>

#include "tests/support/catch.h"

using messaging::kernel::Removals;
using namespace std::chrono_literals;

TEST_CASE("the end of a removal wakes who waits for it, and so does a stop") {
  const auto until = std::chrono::steady_clock::now() + 1min;
  Removals removals;
  std::stop_source stop;
  {
    const std::uint64_t seen = removals.ended();
    std::jthread ends([&] { removals.note_end(); });
    removals.wait(seen, stop.get_token(), until);
    CHECK(removals.ended() == seen + 1);
    removals.wait(seen, stop.get_token(), until);  // it ended before
  }
  std::jthread stops([&] { stop.request_stop(); });
  removals.wait(removals.ended(), stop.get_token(), until);
  CHECK(std::chrono::steady_clock::now() < until);
  removals.wait(removals.ended(), {}, std::chrono::steady_clock::now());  // the time is over
}
