// Threads around the one that does long computations.
#include "messaging/kernel/side_work.h"

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using messaging::kernel::SideWork;

TEST_CASE("work of many threads is done to its end, a step of each party in turn") {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  SideWork work;
  std::latch done(std::ptrdiff_t{kThreads} * kEach);
  std::atomic<int> at_once = 0;
  std::atomic<bool> alone = true;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, party = std::to_string(thread)] {
      for (int i = 0; i < kEach; ++i) {
        work.add(party, [&, left = 3]() mutable {
          if (++at_once != 1) alone = false;
          --at_once;
          if (--left > 0) return false;
          done.count_down();
          return true;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done.wait();
  CHECK(alone);
}

TEST_CASE("a party's long work delays another's by a step") {
  SideWork work;
  std::latch both_wait(1);
  std::latch ended(1);
  std::atomic<int> steps = 0;
  work.add("long", [&] {
    both_wait.wait();
    return ++steps == 1'000;
  });
  int before = -1;
  work.add("short", [&] {
    before = steps;
    ended.count_down();
    return true;
  });
  both_wait.count_down();
  ended.wait();
  CHECK(before <= 1);
  work.stop();
}

TEST_CASE("a stop waits for the step under way and drops the rest, whoever adds meanwhile") {
  const auto kept = std::make_shared<int>();  // by work that is not dropped
  {
    SideWork work;
    std::latch inside(1);
    std::atomic<bool> out = false;
    work.add("a", [&, once = false, kept]() mutable {
      if (!std::exchange(once, true)) inside.count_down();
      out = true;
      return false;
    });
    inside.wait();
    std::thread adds([&] {
      for (int i = 0; i < 200; ++i) work.add("b", [kept] { return false; });
    });
    work.stop();
    adds.join();
    CHECK(out);
    work.add("a", [kept] { return true; });
    work.stop();
  }
  CHECK(kept.use_count() == 1);
}
