#include "messaging/kernel/file_worker.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>

#include "base/cancel_scope.h"
#include "tests/support/catch.h"
#include "tests/support/narrow_process.h"

using messaging::kernel::FileWorker;

namespace {

// Jobs of a caller that the test names and lets go.
struct Caller {
  explicit Caller(std::string name) : party(std::move(name)) {}
  base::Result<> post(FileWorker& worker, FileWorker::Job job) const {
    const base::Cancellation token = source.token();
    const base::CancelScope scope(token, party);
    return worker.post(std::move(job));
  }
  const std::string party;
  base::CancelSource source;
};

void spin_until(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

}  // namespace

TEST_CASE("callers' files are copied in turn") {
  const Caller a("a");
  const Caller b("b");
  std::atomic<bool> go{false};
  std::atomic<bool> done{false};
  std::string order;
  FileWorker worker(1);  // ends before what its jobs use
  REQUIRE(worker.post([&](const std::stop_token&) { spin_until(go); }));
  const auto note = [&](char c) { return [&order, c](const std::stop_token&) { order += c; }; };
  for (int i = 0; i < 4; ++i) REQUIRE(a.post(worker, note('a')));
  for (int i = 0; i < 2; ++i) REQUIRE(b.post(worker, note('b')));
  REQUIRE(a.post(worker, [&](const std::stop_token&) { done = true; }));
  go = true;
  spin_until(done);
  CHECK(order == "ababaa");
}

TEST_CASE("one caller's files do not take the places of others") {
  const Caller greedy("greedy");
  const Caller other("other");
  std::atomic<bool> go{false};
  std::atomic<bool> started{false};
  FileWorker worker(1);
  REQUIRE(worker.post([&](const std::stop_token&) {
    started = true;
    spin_until(go);
  }));
  spin_until(started);
  int taken = 0;
  while (taken < 10'000 && greedy.post(worker, [](const std::stop_token&) {})) ++taken;
  CHECK(taken < 10'000);
  CHECK(other.post(worker, [](const std::stop_token&) {}).ok());
  go = true;
}

TEST_CASE("a long copy of one caller does not hold up another's") {
  const Caller slow("slow");
  const Caller other("other");
  std::atomic<bool> go{false};
  std::atomic<bool> started{false};
  std::atomic<int> slow_ones{0};
  std::atomic<bool> done{false};
  FileWorker worker;
  REQUIRE(slow.post(worker, [&](const std::stop_token&) {
    started = true;
    ++slow_ones;
    spin_until(go);
  }));
  for (int i = 0; i < 10; ++i) {
    REQUIRE(slow.post(worker, [&](const std::stop_token&) { ++slow_ones; }));
  }
  spin_until(started);
  REQUIRE(other.post(worker, [&](const std::stop_token&) { done = true; }));
  spin_until(done);
  CHECK(slow_ones == 1);  // of one caller one is under way at a time
  go = true;
  while (slow_ones < 11) std::this_thread::yield();
}

TEST_CASE("a job ends with the connection of its caller, begun or not") {
  Caller caller("caller");
  std::atomic<bool> started{false};
  std::atomic<bool> gave_up{false};
  std::atomic<bool> failed{false};
  std::atomic<bool> ran{false};
  FileWorker worker;
  REQUIRE(caller.post(worker, [&](const std::stop_token& stop) {
    started = true;
    while (!stop.stop_requested()) std::this_thread::yield();
    gave_up = true;
  }));
  {
    const base::Cancellation token = caller.source.token();
    const base::CancelScope scope(token, caller.party);
    worker.answer<int>(base::Completion<int>([&](base::Result<int> result) { failed = !result; }),
                       [&](const std::stop_token&, base::Completion<int>& done) {
                         ran = true;
                         done(1);
                       });
  }
  spin_until(started);
  caller.source.cancel();
  spin_until(gave_up);
  spin_until(failed);
  CHECK_FALSE(ran);
}

TEST_CASE("a copy for which the machine gives no thread is refused, and says what to raise") {
  if (!test::kHasNarrowProcess) return;
  CHECK(test::in_narrow_process([] {
    static std::array<std::optional<FileWorker>, test::kThreadsUntilNone> workers;
    for (std::optional<FileWorker>& each : workers) {
      const auto posted = each.emplace(1).post([](const std::stop_token&) { pause(); });
      if (!posted) return posted.error().message.find("ulimit -u") != std::string::npos;
    }
    return false;
  }));
}
