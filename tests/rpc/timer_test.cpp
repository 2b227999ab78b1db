#include "rpc/timer.h"

#include <atomic>

#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/support/catch.h"

using rpc::Timer;

TEST_CASE("more waits than there is room for are turned away at once, and the others go on") {
  Timer timer;
  std::atomic<std::size_t> stopped{0};
  std::atomic<std::size_t> over{0};
  const auto count = [&](bool early) { ++(early ? stopped : over); };
  for (std::size_t i = 0; i < Timer::kMaxWaiting; ++i) timer.after(std::chrono::hours(1), count);
  CHECK(stopped == 0);
  timer.after(std::chrono::hours(1), count);
  CHECK(stopped == 1);
  timer.stop();
  CHECK(stopped == Timer::kMaxWaiting + 1);
  CHECK(over == 0);
}

TEST_CASE("a call that may not sleep any more is told so and costs nothing further") {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock);
  const std::string sleep = R"({"jsonrpc":"2.0","id":1,"method":"sleep","params":[3600]})";
  std::vector<Pending> asleep(Timer::kMaxWaiting);
  for (const Pending& one : asleep) {
    service.handle(sleep, rpc::Caller{}, Pending(one).answer());
  }
  CHECK_FALSE(asleep.back().came());
  const auto refused = nlohmann::json::parse(ask(service, sleep));
  CHECK(refused["error"]["code"] == -32603);
  CHECK(refused["error"]["message"].get<std::string>().find("too many") != std::string::npos);
  service.stop();
  CHECK(asleep.front().came());
}
