#include "base/thread_start.h"

#include <unistd.h>

#include <array>

#include "tests/support/catch.h"
#include "tests/support/narrow_process.h"

TEST_CASE("a thread runs, and one that the machine does not give is an answer and no exception") {
  bool ran = false;
  std::thread thread;
  REQUIRE(base::start_thread(thread, [&] { ran = true; }));
  thread.join();
  CHECK(ran);
  CHECK(base::no_thread().code == base::Errc::unavailable);
  if (!test::kHasNarrowProcess) return;
  CHECK(test::in_narrow_process([] {
    static std::array<std::thread, test::kThreadsUntilNone> threads;
    for (std::thread& each : threads) {
      if (!base::start_thread(each, [] { pause(); })) return !each.joinable();
    }
    return false;
  }));
}
