// Parties and threads around one pool of workers.
#include "gateway/loop/worker_pool.h"

#include <time.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using gateway::WorkerPool;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void use_processor(std::chrono::nanoseconds time) {
  const auto end = processor_time() + time;
  while (processor_time() < end) {
  }
}

}  // namespace

TEST_CASE("work that many threads submit is run once, none of it lost by a stop") {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::atomic<int> ran = 0;
  std::atomic<int> refused = 0;
  {
    WorkerPool pool(3);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, party = std::to_string(thread % 2)] {
        for (int i = 0; i < kEach; ++i) {
          // Each piece goes on once, as a batch that gives its worker back does.
          WorkerPool::Work work = [&, party] {
            WorkerPool::Work rest = [&ran] { ++ran; };
            if (!pool.submit_rest(party, std::move(rest))) rest();
          };
          if (!pool.submit(party, std::move(work))) ++refused;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    pool.stop();
    CHECK(pool.waiting() == 0);
  }
  CHECK(ran + refused == kThreads * kEach);
}

TEST_CASE("one party never has all workers") {
  WorkerPool pool(2);
  std::latch held(1);
  std::latch other(1);
  std::atomic<int> of_hog = 0;
  for (int i = 0; i < 8; ++i) {
    REQUIRE(pool.submit("hog", [&] {
      ++of_hog;
      held.wait();
    }));
  }
  REQUIRE(pool.submit("other", [&] { other.count_down(); }));
  other.wait();  // while the hog's piece is held
  CHECK(of_hog <= 1);
  held.count_down();
  pool.stop();
  CHECK(of_hog == 8);
}

TEST_CASE("a party whose work took long rests while another one has work") {
  using Clock = std::chrono::steady_clock;
  WorkerPool pool(2);
  // Both have run when it returns, and the end of the first one was seen, since a party of two
  // workers has one.
  const auto run_two_of_other = [&] {
    std::latch ran(2);
    bool taken = true;
    for (int i = 0; i < 2; ++i) taken &= pool.submit("other", [&] { ran.count_down(); });
    if (taken) ran.wait();
    return taken;
  };
  std::latch ended(2);
  bool beside = false;
  Clock::time_point end_of_first, begin_of_second;
  REQUIRE(pool.submit("hog", [&] {
    use_processor(20ms);
    beside = run_two_of_other();
    end_of_first = Clock::now();
    ended.count_down();
  }));
  REQUIRE(pool.submit("hog", [&] {
    begin_of_second = Clock::now();
    ended.count_down();
  }));
  ended.wait();
  CHECK(beside);
  CHECK(begin_of_second - end_of_first > 10ms);
}

TEST_CASE("a stop waits for no rest") {
  std::atomic<int> ran = 0;
  WorkerPool pool(2);
  for (int i = 0; i < 100; ++i) {
    for (const char* party : {"one", "other"}) {
      REQUIRE(pool.submit(party, [&] {
        use_processor(4ms);
        ++ran;
      }));
    }
  }
  pool.stop();
  CHECK(ran == 200);
}

TEST_CASE("what waits of an owner is taken out while others submit, and is never run afterwards") {
  WorkerPool pool(2);
  std::atomic<int> ran = 0;
  std::latch held(1);
  std::latch inside(1);
  REQUIRE(pool.submit("a", [&] {
    inside.count_down();
    held.wait();
  }));
  inside.wait();
  const int owner = 0;
  for (int i = 0; i < 100; ++i)
    REQUIRE(pool.submit(
        "a", [&] { ran += 1'000; }, &owner));
  std::thread beside([&] {
    for (int i = 0; i < 100; ++i) pool.submit_rest("a", [&] { ++ran; });
  });
  pool.remove("a", &owner);
  beside.join();
  held.count_down();
  pool.stop();
  CHECK(ran == 100);
}
