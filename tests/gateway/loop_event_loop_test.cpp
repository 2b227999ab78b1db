#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "tests/support/catch.h"

namespace gateway {
namespace {

struct Handler final : IoHandler {
  explicit Handler(std::function<void()> f) : ready(std::move(f)) {}
  void on_io(std::uint32_t) override { ready(); }
  std::function<void()> ready;
};

TEST_CASE("timers fire in the order of their deadlines, and disarmed ones do not") {
  base::ManualClock clock;
  auto loop = std::move(EventLoop::create(clock).value());
  std::mt19937 random(3);
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<base::Millis> fired;
  std::vector<base::Millis> expected;
  for (int i = 0; i < 2000; ++i) {
    const base::Millis at = static_cast<base::Millis>(random() % 5000);
    timers.push_back(std::make_unique<Timer>(*loop, [&fired, at] { fired.push_back(at); }));
    timers.back()->arm(static_cast<base::Millis>(random() % 5000));
    timers.back()->arm(at);  // the last one counts
    expected.push_back(at);
  }
  for (int i = 0; i < 500; ++i) {
    timers[static_cast<std::size_t>(i)]->disarm();
    expected[static_cast<std::size_t>(i)] = -1;
  }
  for (int i = 500; i < 600; ++i) {
    timers[static_cast<std::size_t>(i)].reset();
    expected[static_cast<std::size_t>(i)] = -1;
  }
  std::erase(expected, -1);
  std::sort(expected.begin(), expected.end());
  clock.advance(6000);
  Timer last(*loop, [&] { loop->stop(); });
  last.arm(1);
  clock.advance(2);
  loop->run();
  CHECK(fired == expected);
}

TEST_CASE("a timer that arms itself for now lets descriptors have their turn") {
  base::ManualClock clock;
  auto loop = std::move(EventLoop::create(clock).value());
  const Fd event(eventfd(1, EFD_NONBLOCK));
  Handler handler([&] { loop->stop(); });
  Timer again(*loop, [&] { again.arm(0); });
  again.arm(0);
  REQUIRE(loop->add(event.get(), EPOLLIN, handler).ok());
  loop->run();  // would never return
  loop->remove(event.get(), handler);
}

TEST_CASE("a handler that was removed in a pass hears nothing more of that pass") {
  base::SystemClock clock;
  auto loop = std::move(EventLoop::create(clock).value());
  const Fd a(eventfd(1, EFD_NONBLOCK));
  const Fd b(eventfd(1, EFD_NONBLOCK));
  std::unique_ptr<Handler> first, second;
  int calls = 0;
  const auto remove_both = [&] {
    ++calls;
    loop->remove(a.get(), *first);
    loop->remove(b.get(), *second);
    loop->post([&] { loop->stop(); });
  };
  first = std::make_unique<Handler>(remove_both);
  second = std::make_unique<Handler>(remove_both);
  REQUIRE(loop->add(a.get(), EPOLLIN, *first).ok());
  REQUIRE(loop->add(b.get(), EPOLLIN, *second).ok());
  loop->run();
  CHECK(calls == 1);
}

TEST_CASE("work posted from many threads runs once each, in each poster's order") {
  base::SystemClock clock;
  auto loop = std::move(EventLoop::create(clock).value());
  constexpr int kThreads = 4, kEach = 5000;
  std::vector<int> next(kThreads, 0);
  int left = kThreads * kEach;
  bool ordered = true;
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        loop->post([&, t, i] {
          ordered = ordered && next[static_cast<std::size_t>(t)]++ == i;
          if (--left == 0) loop->stop();
        });
      }
    });
  }
  loop->run();
  for (auto& poster : posters) poster.join();
  CHECK(ordered);
  CHECK(left == 0);
}

TEST_CASE("a full worker pool refuses and leaves the work with its owner") {
  WorkerPool pool(1, 2);
  std::atomic<bool> go{false};
  std::atomic<int> ran{0};
  std::atomic<bool> started{false};
  REQUIRE(pool.submit([&] {
    started = true;
    while (!go) std::this_thread::yield();
    ++ran;
  }));
  while (!started) std::this_thread::yield();
  REQUIRE(pool.submit([&] { ++ran; }));
  REQUIRE(pool.submit([&] { ++ran; }));
  base::UniqueFunction<void()> kept = [&] { ran += 100; };
  CHECK_FALSE(pool.submit(std::move(kept)));
  REQUIRE(static_cast<bool>(kept));
  kept();
  go = true;
  pool.stop();
  CHECK(ran == 103);
  CHECK_FALSE(pool.submit([] {}));
}

}  // namespace
}  // namespace gateway
