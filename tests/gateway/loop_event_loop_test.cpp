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

TEST_CASE("a handler that was removed in a pass gets nothing more of that pass") {
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
  WorkerPool pool(1, {.waiting = 3, .waiting_each = 2});
  std::atomic<bool> go{false};
  std::atomic<int> ran{0};
  std::atomic<bool> started{false};
  REQUIRE(pool.submit("a", [&] {
    started = true;
    while (!go) std::this_thread::yield();
    ++ran;
  }));
  while (!started) std::this_thread::yield();
  REQUIRE(pool.submit("a", [&] { ++ran; }));
  REQUIRE(pool.submit("a", [&] { ++ran; }));
  base::UniqueFunction<void()> kept = [&] { ran += 100; };
  CHECK_FALSE(pool.submit("a", std::move(kept)));
  REQUIRE(static_cast<bool>(kept));
  REQUIRE(pool.submit("b", [&] { ++ran; }));       // another party has places of its own,
  CHECK_FALSE(pool.submit("c", [&] { ++ran; }));   // as long as there is room at all
  REQUIRE(pool.submit_rest("a", [&] { ++ran; }));  // what goes on is not refused
  kept();
  go = true;
  pool.stop();
  CHECK(ran == 105);
  CHECK_FALSE(pool.submit("a", [] {}));
  CHECK_FALSE(pool.submit_rest("a", [] {}));
}

TEST_CASE("parties are served in turn, and one alone never has all workers") {
  WorkerPool pool(2);
  base::Mutex mutex;
  base::Condition changed;
  bool go = false;
  int at_work = 0;
  std::string order;
  // Whoever is served waits here for the test.
  const auto hold = [&] {
    base::Lock lock(mutex);
    ++at_work;
    changed.notify_all();
    while (!go) changed.wait(mutex);
  };
  const auto note = [&](char party) {
    return [&order, &mutex, party] {
      base::Lock lock(mutex);
      order += party;
    };
  };
  REQUIRE(pool.submit("hog", hold));
  REQUIRE(pool.submit("hog", hold));
  {
    base::Lock lock(mutex);
    while (at_work == 0) changed.wait(mutex);
  }
  // The second of the hog waits although a worker is idle: it serves others meanwhile.
  std::atomic<int> others{0};
  for (int i = 0; i < 20; ++i) REQUIRE(pool.submit("other", [&] { ++others; }));
  while (others < 20) std::this_thread::yield();
  {
    base::Lock lock(mutex);
    CHECK(at_work == 1);
  }
  REQUIRE(pool.submit("blocker", hold));
  {
    base::Lock lock(mutex);
    while (at_work < 2) changed.wait(mutex);
  }
  for (int i = 0; i < 3; ++i) REQUIRE(pool.submit("a", note('a')));
  for (int i = 0; i < 2; ++i) REQUIRE(pool.submit("b", note('b')));
  REQUIRE(pool.submit("c", note('c')));
  {
    base::Lock lock(mutex);
    go = true;
    changed.notify_all();
  }
  pool.stop();
  std::string turns = order;
  CHECK(std::count(turns.begin(), turns.end(), 'a') == 3);
  // Two workers may note in another order than they were given work, but by no more than one place.
  CHECK(turns.find('c') <= 3);
  CHECK(turns.find('b') <= 2);
}

TEST_CASE("work whose owner has gone is never run and gives its place back") {
  WorkerPool pool(1, {.waiting = 10, .waiting_each = 2});
  std::atomic<bool> go{false};
  std::atomic<bool> started{false};
  REQUIRE(pool.submit("a", [&] {
    started = true;
    while (!go) std::this_thread::yield();
  }));
  while (!started) std::this_thread::yield();
  std::atomic<int> ran{0};
  int mine = 0;
  int other = 0;
  REQUIRE(pool.submit(
      "a", [&] { ran += 100; }, &mine));
  REQUIRE(pool.submit(
      "a", [&] { ++ran; }, &other));
  pool.remove("a", &mine);
  pool.remove("b", &other);  // another party's: nothing
  REQUIRE(pool.submit(
      "a", [&] { ++ran; }, &other));
  go = true;
  pool.stop();
  CHECK(ran == 2);
}

}  // namespace
}  // namespace gateway
