#include "rpc/timer.h"

#include <array>
#include <atomic>
#include <optional>

#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/support/catch.h"
#include "tests/support/narrow_process.h"

using rpc::Parking;
using rpc::Timer;

TEST_CASE("more waits than there is room for are turned away at once, and the others go on") {
  Timer timer;
  std::atomic<std::size_t> stopped{0};
  std::atomic<std::size_t> over{0};
  const auto count = [&](base::Result<> result) { ++(result ? over : stopped); };
  const Leaving callers;
  const auto wait = [&](std::size_t caller) {
    timer.after(std::chrono::hours(1), callers.caller(std::to_string(caller)), count);
  };
  for (std::size_t i = 0; i < Parking::kMostEach; ++i) wait(0);
  CHECK(stopped == 0);
  wait(0);
  CHECK(stopped == 1);  // all places of one caller
  for (std::size_t i = Parking::kMostEach; i < Parking::kMost; ++i) {
    wait(i / Parking::kMostEach);
  }
  CHECK(stopped == 1);
  wait(99);
  CHECK(stopped == 2);
  timer.stop();
  CHECK(stopped == Parking::kMost + 2);
  CHECK(over == 0);
}

TEST_CASE("a call that may not sleep any more gets an error and costs nothing further") {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock);
  const std::string sleep = R"({"jsonrpc":"2.0","id":1,"method":"sleep","params":[3600]})";
  std::vector<Pending> asleep(Parking::kMostEach);
  for (const Pending& one : asleep) {
    service.handle(sleep, a_caller(), Pending(one).answer());
  }
  CHECK_FALSE(asleep.back().came());
  const auto refused = nlohmann::json::parse(ask(service, sleep));
  CHECK(refused["error"]["code"] == -32603);
  CHECK(refused["error"]["message"].get<std::string>().find("too many") != std::string::npos);
  service.stop();
  CHECK(asleep.front().came());
}

TEST_CASE("a wait whose caller's input ends gives its place back at once") {
  Timer timer;
  std::atomic<int> failed{0};
  Leaving caller;
  for (int i = 0; i < 10; ++i) {
    timer.after(std::chrono::hours(1), caller.caller(), [&](base::Result<> result) {
      if (!result) ++failed;
    });
  }
  CHECK(timer.waiting() == 10);
  caller.input_ended.cancel();
  CHECK(timer.waiting() == 0);
  CHECK(failed == 10);
  timer.after(std::chrono::hours(1), caller.caller(), [&](base::Result<> result) {
    if (!result) ++failed;
  });
  CHECK(timer.waiting() == 0);
  CHECK(failed == 11);
}

TEST_CASE("a wait for which the machine gives no thread is answered at once") {
  if (!test::kHasNarrowProcess) return;
  CHECK(test::in_narrow_process([] {
    static std::array<std::optional<Timer>, test::kThreadsUntilNone> timers;
    static bool refused = false;
    for (std::optional<Timer>& each : timers) {
      each.emplace().after(std::chrono::hours(1), a_caller(), [](base::Result<> result) {
        refused = !result && result.error().message.find("ulimit -u") != std::string::npos;
      });
      if (refused) return true;
    }
    return false;
  }));
}
