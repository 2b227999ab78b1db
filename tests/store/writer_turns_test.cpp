// Whose write is run next: parties take turns, and one whose writes take long runs them alone.
#include <functional>
#include <latch>

#include "base/cancel_scope.h"
#include "store/writer.h"
#include "tests/store/tally.h"
#include "tests/store/world.h"

using namespace store;
using test::Tally;

namespace {

struct Cost {
  std::chrono::milliseconds time = {};
  std::size_t bytes = 0;  // written
};

// Writes that note in one order when they are run and when they are answered. The first one waits,
// once it is run, for let_go().
class NotedWrites {
 public:
  explicit NotedWrites(test::World& world) : world_(world) {}

  void submit(const std::string& party, const std::string& name, Cost cost = {}) {
    const base::CancelScope scope(closed_, party);
    world_.store->write<void>(
        [this, name, cost](Tx& tx) -> base::Result<> {
          order.push_back(name);
          if (order.size() == 1) {
            inside_.count_down();
            go_on_.wait();
          }
          const auto until = std::chrono::steady_clock::now() + cost.time;
          while (std::chrono::steady_clock::now() < until) {
          }
          if (cost.bytes > 0) {
            EDGE_CHECK(tx.db().run("INSERT INTO note(number,text) VALUES(1,?)",
                                   std::string(cost.bytes, 'x')));
          }
          return {};
        },
        [this, name](base::Result<>) {
          order.push_back(name + " answered");
          if (after) after(name);
          answered_.add();
        });
  }
  void wait_until_first_runs() { inside_.wait(); }
  void let_go() { go_on_.count_down(); }
  void wait_for_answers(std::size_t count) { answered_.wait_for(count); }

  std::vector<std::string> order;                 // of the writer's thread
  std::function<void(const std::string&)> after;  // each answer, on the writer's thread

 private:
  test::World& world_;
  std::latch inside_{1};
  std::latch go_on_{1};
  Tally answered_;
  const base::CancelSource source_;
  const base::Cancellation closed_ = source_.token();
};

// Writes of several parties that wait behind one that holds the writer until let_go().
class HeldWriter {
 public:
  explicit HeldWriter(test::World& world) : world_(world) {
    world.store->write<void>(
        [this](Tx&) -> base::Result<> {
          inside_.count_down();
          go_on_.wait();
          return {};
        },
        [this](base::Result<>) { answered_.add(); });
    inside_.wait();
  }
  // Its name is noted in `order` when it is run; false when it is refused.
  bool submit(const std::string& party, const std::string& name) {
    const base::CancelScope scope(closed_, party);
    bool refused = false;
    ++submitted_;
    world_.store->write<void>(
        [this, name](Tx&) -> base::Result<> {
          base::Lock lock(mutex_);
          order_.push_back(name);
          return {};
        },
        [this, &refused, mine = std::this_thread::get_id()](base::Result<> result) {
          if (!result && std::this_thread::get_id() == mine) refused = true;
          answered_.add();
        });
    return !refused;
  }
  void let_go() {
    go_on_.count_down();
    answered_.wait_for(submitted_ + 1);
  }
  std::vector<std::string> order() {
    base::Lock lock(mutex_);
    return order_;
  }

 private:
  test::World& world_;
  base::Mutex mutex_;
  std::vector<std::string> order_ GUARDED_BY(mutex_);
  base::CancelSource source_;
  const base::Cancellation closed_ = source_.token();
  std::latch inside_{1};
  std::latch go_on_{1};
  std::size_t submitted_ = 0;
  Tally answered_;
};

}  // namespace

TEST_CASE("what one party wants written delays another by one write") {
  test::World world;
  world.open();
  HeldWriter held(world);
  for (int i = 0; i < 500; ++i) REQUIRE(held.submit("hog", "hog"));
  REQUIRE(held.submit("late", "late 1"));
  REQUIRE(held.submit("late", "late 2"));
  held.let_go();
  const auto order = held.order();
  REQUIRE(order.size() == 502);
  CHECK(order[1] == "late 1");  // the hog's turn came first
  CHECK(order[3] == "late 2");
}

TEST_CASE("who submits during a party's write comes before the same party's next one") {
  test::World world;
  world.open();
  NotedWrites writes(world);
  writes.submit("hog", "hog 1");
  writes.submit("hog", "hog 2");
  writes.wait_until_first_runs();
  writes.submit("late", "late");
  writes.let_go();
  writes.wait_for_answers(3);
  std::erase_if(writes.order, [](const std::string& one) { return one.ends_with("answered"); });
  CHECK(writes.order == std::vector<std::string>{"hog 1", "late", "hog 2"});
}

TEST_CASE("a party whose writes take long runs them alone, and others' writes between them") {
  constexpr Cost long_write{.time = std::chrono::milliseconds(4)};
  test::World world;
  world.open();
  NotedWrites writes(world);
  writes.submit("slow", "long 1", long_write);
  writes.submit("slow", "long 2", long_write);
  writes.wait_until_first_runs();
  SECTION("submitted while one runs") { writes.submit("other", "short"); }
  SECTION("submitted once it has run, when it is the slow party's turn again") {
    writes.after = [&](const std::string& name) {
      if (name == "long 1") writes.submit("other", "short");
    };
  }
  writes.let_go();
  writes.wait_for_answers(3);
  CHECK(writes.order == std::vector<std::string>{"long 1", "long 1 answered", "short",
                                                 "short answered", "long 2", "long 2 answered"});
}

TEST_CASE("a party whose writes change many pages runs them alone, as their COMMIT takes long") {
  constexpr Cost large{.bytes = 300'000};
  test::World world;
  world.open();
  NotedWrites writes(world);
  writes.after = [&](const std::string& name) {
    if (name != "large 1") return;
    writes.submit("slow", "large 2", large);
    writes.submit("slow", "large 3", large);
    writes.submit("other", "small");
  };
  writes.submit("slow", "large 1", large);
  writes.let_go();
  writes.wait_for_answers(4);
  CHECK(writes.order == std::vector<std::string>{"large 1", "large 1 answered", "small",
                                                 "small answered", "large 2", "large 2 answered",
                                                 "large 3", "large 3 answered"});
}

TEST_CASE("a party whose writes take long rests after one while others write") {
  constexpr std::chrono::milliseconds kLong{10};
  using Time = std::chrono::steady_clock::time_point;
  test::World world;
  world.open();
  const base::CancelSource source;
  const base::Cancellation closed = source.token();
  Tally answered;
  std::vector<std::pair<Time, Time>> ran;  // of the writer's thread
  const auto submit = [&](const std::string& party, std::chrono::milliseconds lasts) {
    const base::CancelScope scope(closed, party);
    world.store->write<void>(
        [&ran, lasts](Tx&) -> base::Result<> {
          const Time begun = std::chrono::steady_clock::now();
          Time now = begun;
          while (now < begun + lasts) now = std::chrono::steady_clock::now();
          ran.emplace_back(begun, now);
          return {};
        },
        [&](base::Result<>) { answered.add(); });
  };
  submit("other", {});
  submit("slow", kLong);
  submit("slow", kLong);
  answered.wait_for(3);
  REQUIRE(ran.size() == 3);
  CHECK(ran[2].first - ran[1].second >= kLong);
  // A rest holds up neither those who wait for everything nor the end.
  submit("other", {});
  submit("slow", kLong);
  submit("slow", kLong);
  world.store->writer().flush();
  CHECK(ran.size() == 6);
}

TEST_CASE("a party that has as many writes waiting as it may is refused alone") {
  test::World world;
  auto options = world.options();
  options.writer.max_queue = 128;
  world.open(options);
  HeldWriter held(world);
  for (const char* hog : {"a", "b"}) {
    for (int i = 0; i < 64; ++i) REQUIRE(held.submit(hog, hog));
    CHECK_FALSE(held.submit(hog, hog));
  }
  // The queue is full; a third party has its few places still.
  CHECK(held.submit("c", "c"));
  CHECK(held.submit("c", "c"));
  CHECK_FALSE(held.submit("c", "c"));
  held.let_go();
  CHECK(held.order().size() == 130);
}

TEST_CASE("flush waits for what was accepted before, whoever is served first") {
  test::World world;
  auto options = world.options();
  options.writer.max_batch = 1;
  world.open(options);
  HeldWriter held(world);
  for (int i = 0; i < 20; ++i) REQUIRE(held.submit("hog", "hog"));
  std::ptrdiff_t at_flush = 0;
  std::latch flushing(1);
  std::thread flusher([&] {
    flushing.count_down();
    world.store->writer().flush();
    const auto order = held.order();
    at_flush = std::count(order.begin(), order.end(), "hog");
  });
  flushing.wait();
  for (int i = 0; i < 5; ++i) REQUIRE(held.submit("late", "late"));
  held.let_go();
  flusher.join();
  CHECK(at_flush == 20);
  CHECK(held.order().size() == 25);
}
