#include "store/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "base/cancel_scope.h"
#include "tests/store/world.h"
#include "tests/support/faulty_vfs.h"

using namespace store;
using base::Errc;
using test::must;

namespace {

constexpr base::AccountId kAccount{1};

// Counts answers; waits until as many came.
class Tally {
 public:
  void add() {
    base::Lock lock(mutex_);
    ++count_;
    came_.notify_all();
  }
  void wait_for(std::size_t count) {
    base::Lock lock(mutex_);
    while (count_ < count) came_.wait(mutex_);
  }

 private:
  base::Mutex mutex_;
  base::Condition came_;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
};

// Takes the next number and keeps it.
base::Result<std::int64_t> number_one(Tx& tx) {
  EDGE_TRY(const std::int64_t number, tx.next_id(kAccount, "note"));
  EDGE_CHECK(tx.db().run("INSERT INTO note(number) VALUES(?)", number));
  EDGE_CHECK(tx.append_event(kAccount, 1, base::as_bytes(std::to_string(number))));
  return number;
}

// Writes that note in one order when they are run and when they are answered. The first one waits,
// once it is run, for let_go().
class NotedWrites {
 public:
  explicit NotedWrites(test::World& world) : world_(world) {}

  void submit(const std::string& party, const std::string& name,
              std::chrono::milliseconds lasts = {}) {
    const base::CancelScope scope(closed_, party);
    world_.store->write<void>(
        [this, name, lasts](Tx&) -> base::Result<> {
          order.push_back(name);
          if (order.size() == 1) {
            inside_.count_down();
            go_on_.wait();
          }
          const auto until = std::chrono::steady_clock::now() + lasts;
          while (std::chrono::steady_clock::now() < until) {
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

TEST_CASE("a write is answered after its commit, with its value") {
  test::World world;
  world.open();
  const auto number = must(world.store->write_now<std::int64_t>(number_one));
  CHECK(number == 1);
  CHECK(world.count_notes() == 1);
}

TEST_CASE("a closure that fails or throws leaves no trace and takes no other with it") {
  test::World world;
  world.open();
  Tally tally;
  std::vector<std::string> answers(4);
  std::atomic<int> hooks = 0;
  std::vector<LoggedEvent> heard;
  world.store->writer().on_events([&](std::span<const LoggedEvent> events) {
    heard.insert(heard.end(), events.begin(), events.end());
  });
  for (std::size_t i = 0; i < 4; ++i) {
    world.store->write<std::int64_t>(
        [i, &hooks](Tx& tx) -> base::Result<std::int64_t> {
          tx.on_commit([&hooks] { ++hooks; });
          EDGE_TRY(const auto number, number_one(tx));
          if (i == 1) return base::fail(Errc::not_found, "no such thing");
          if (i == 2) throw std::runtime_error("a bug");
          return number;
        },
        [&, i](base::Result<std::int64_t> result) {
          answers[i] = result ? std::to_string(*result) : result.error().message;
          tally.add();
        });
  }
  tally.wait_for(4);
  CHECK(answers[0] == "1");
  CHECK(answers[1] == "no such thing");
  CHECK(answers[2].find("bug") == std::string::npos);
  CHECK(answers[3] == "2");
  CHECK(world.count_notes() == 2);
  CHECK(hooks == 2);
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].id.value == heard[0].id.value + 1);
}

TEST_CASE("hooks, then the listener, then the answers") {
  test::World world;
  world.open();
  std::string order;
  world.store->writer().on_events([&](std::span<const LoggedEvent>) { order += "listener "; });
  Tally tally;
  world.store->write<std::int64_t>(
      [&](Tx& tx) -> base::Result<std::int64_t> {
        tx.on_commit([&] { order += "hook "; });
        tx.on_commit([&] { order += "hook "; });
        return number_one(tx);
      },
      [&](base::Result<std::int64_t>) {
        order += "answer";
        tally.add();
      });
  tally.wait_for(1);
  CHECK(order == "hook hook listener answer");
}

TEST_CASE("64 callers share commits, and failures repeat no number and lose nothing acknowledged") {
  FaultyVfs vfs;
  test::World world;
  auto options = world.options();
  options.vfs = vfs.name();
  options.writer.min_batch_time = options.writer.max_batch_time =
      60'000;  // whatever waits is one batch, on a slow machine too
  world.open(options);
  vfs.inject({.op = FaultRule::Op::sync,
              .suffix = "-wal",
              .code = SQLITE_IOERR_FSYNC,
              .when = [](std::uint64_t n) { return n % 3 == 0; }});

  constexpr std::size_t kCallers = 64;
  constexpr int kEach = 40;
  Tally tally;
  std::array<std::vector<std::int64_t>, kCallers> acknowledged;
  std::atomic<int> refused = 0;
  std::atomic<int> lost = 0;
  // Each caller begins its next write when the one before was answered.
  std::function<void(std::size_t, int)> go = [&](std::size_t caller, int round) {
    if (round == kEach) return tally.add();
    world.store->write<std::int64_t>(
        [=](Tx& tx) -> base::Result<std::int64_t> {
          EDGE_TRY(const auto number, number_one(tx));
          if ((static_cast<int>(caller) + round) % 10 == 9) {
            return base::fail(Errc::invalid_argument, "every tenth");
          }
          return number;
        },
        [&go, &acknowledged, &refused, &lost, caller, round](base::Result<std::int64_t> result) {
          if (result) {
            acknowledged[caller].push_back(*result);
          } else if (result.error().code == Errc::invalid_argument) {
            ++refused;
          } else {
            CHECK(result.error().code == Errc::io);
            ++lost;
          }
          go(caller, round + 1);
        });
  };
  // Held until each caller has a write waiting: a machine where threads begin late shows nothing.
  std::latch waiting(kCallers);
  world.store->write<void>(
      [&](Tx&) -> base::Result<> {
        waiting.wait();
        return {};
      },
      [&](const base::Result<>&) { tally.add(); });
  std::vector<std::thread> threads;
  std::latch start(kCallers);
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    threads.emplace_back([&, caller] {
      start.arrive_and_wait();
      go(caller, 0);
      waiting.count_down();
    });
  }
  for (auto& thread : threads) thread.join();
  tally.wait_for(kCallers + 1);
  vfs.heal();

  const WriterStats stats = world.store->writer().stats();
  CHECK(stats.largest_batch >= 32);
  CHECK(stats.failed_commits > 0);
  CHECK(stats.closures == kCallers * kEach + 1);
  CHECK(refused > 0);
  CHECK(lost > 0);
  std::set<std::int64_t> all;
  std::size_t count = 0;
  for (const auto& numbers : acknowledged) {
    count += numbers.size();
    all.insert(numbers.begin(), numbers.end());
  }
  CHECK(all.size() == count);  // no number twice

  world.store.reset();
  world.open();
  std::set<std::int64_t> stored;
  auto reader = must(world.store->read());
  must(reader->each("SELECT number FROM note",
                    [&](const Row& row) { CHECK(stored.insert(row.integer(0)).second); }));
  CHECK(stored == all);  // what was acknowledged and nothing else
}

TEST_CASE("a full disk fails the batch with a message, and writing goes on when there is space") {
  FaultyVfs vfs;
  test::World world;
  auto options = world.options();
  options.vfs = vfs.name();
  world.open(options);
  must(world.add_note(1));
  vfs.inject({.op = FaultRule::Op::write, .code = SQLITE_FULL});
  for (int i = 0; i < 3; ++i) {
    const auto full = world.add_note(2);
    REQUIRE_FALSE(full);
    CHECK(full.error().code == Errc::exhausted);
    CHECK(full.error().message.find("the disk is full") != std::string::npos);
  }
  CHECK(world.count_notes() == 1);  // reading goes on
  CHECK_FALSE(world.store->health().writes_refused());
  vfs.heal();
  must(world.add_note(3));
  CHECK(world.count_notes() == 2);
}

TEST_CASE("a commit whose sync failed does not come back to life") {
  FaultyVfs vfs;
  test::World world;
  auto options = world.options();
  options.vfs = vfs.name();
  world.open(options);
  must(world.add_note(1));
  vfs.inject({.op = FaultRule::Op::sync,
              .suffix = "-wal",
              .code = SQLITE_IOERR_FSYNC,
              .when = [](std::uint64_t n) { return n == 1; }});
  CHECK_FALSE(world.add_note(2));
  // The process dies now; what it wrote stays in the page cache, the failed commit too.
  vfs.cut_power();
  world.store.reset();
  std::filesystem::remove(world.dir / "store.db-shm");
  world.open();
  CHECK(world.count_notes() == 1);
}

TEST_CASE("the queue is bounded and a refused write is told at once") {
  test::World world;
  auto options = world.options();
  options.writer.max_queue = 8;  // 4 of one party
  world.open(options);
  std::latch inside(1);
  std::latch go_on(1);
  Tally tally;
  world.store->write<void>(
      [&](Tx&) -> base::Result<> {
        inside.count_down();
        go_on.wait();
        return {};
      },
      [&](base::Result<>) { tally.add(); });
  inside.wait();
  std::atomic<int> busy = 0;
  for (int i = 0; i < 6; ++i) {
    world.store->write<void>([](Tx&) -> base::Result<> { return {}; },
                             [&](base::Result<> result) {
                               if (!result && result.error().code == Errc::unavailable) ++busy;
                               tally.add();
                             });
  }
  CHECK(busy == 2);
  go_on.count_down();
  tally.wait_for(7);
  CHECK(busy == 2);
}

TEST_CASE("stop finishes what was accepted and refuses the rest") {
  test::World world;
  world.open();
  Tally tally;
  for (int i = 0; i < 500; ++i) {
    world.store->write<std::int64_t>(number_one, [&](base::Result<std::int64_t> result) {
      if (result) tally.add();
    });
  }
  world.store->stop();
  tally.wait_for(500);
  CHECK(world.count_notes() == 500);
  const auto late = world.add_note(1);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::unavailable);
}

TEST_CASE("flush waits for what was accepted before") {
  test::World world;
  world.open();
  std::atomic<int> answers = 0;
  for (int i = 0; i < 300; ++i) {
    world.store->write<std::int64_t>(number_one, [&](base::Result<std::int64_t>) { ++answers; });
  }
  world.store->writer().flush();
  CHECK(answers == 300);
}

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
  constexpr std::chrono::milliseconds kLong{4};
  test::World world;
  world.open();
  NotedWrites writes(world);
  writes.submit("slow", "long 1", kLong);
  writes.submit("slow", "long 2", kLong);
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

TEST_CASE("write_now on the writer's thread is refused instead of waiting for ever") {
  test::World world;
  world.open();
  Errc code = Errc::io;
  must(world.store->write_now<void>([&](Tx&) -> base::Result<> {
    const auto nested = world.add_note(1);
    if (!nested) code = nested.error().code;
    return {};
  }));
  CHECK(code == Errc::internal);
}

TEST_CASE("the write-ahead log stays bounded under load") {
  FaultyVfs vfs;  // its syncs cost nothing
  test::World world;
  auto options = world.options();
  options.vfs = vfs.name();
  world.open(options);
  const std::string text(20'000, 'x');
  std::uintmax_t largest = 0;
  for (int i = 0; i < 2'000; ++i) {  // 40 MB in all
    must(world.add_note(i, text));
    largest = std::max(largest, std::filesystem::file_size(world.dir / "store.db-wal"));
  }
  CHECK(largest < 24'000'000);
}

TEST_CASE("readers see a snapshot and do not wait for an open write") {
  test::World world;
  world.open();
  must(world.add_note(1));
  std::latch inside(1);
  std::latch go_on(1);
  Tally tally;
  world.store->write<void>(
      [&](Tx& tx) -> base::Result<> {
        EDGE_CHECK(tx.db().run("INSERT INTO note(number) VALUES(2)"));
        inside.count_down();
        go_on.wait();
        return {};
      },
      [&](base::Result<>) { tally.add(); });
  inside.wait();
  auto before = must(world.store->read());
  CHECK(must(before->integer("SELECT count(*) FROM note")) == 1);
  go_on.count_down();
  tally.wait_for(1);
  CHECK(must(before->integer("SELECT count(*) FROM note")) == 1);  // still its snapshot
  CHECK(world.count_notes() == 2);
}

TEST_CASE("readers are pooled and bounded") {
  test::World world;
  auto options = world.options();
  options.readers = {.keep = 1, .most = 3};
  world.open(options);
  {
    auto a = must(world.store->read());
    auto b = must(world.store->read());
    auto c = must(world.store->read());
    const auto d = world.store->read();
    REQUIRE_FALSE(d);
    CHECK(d.error().code == Errc::unavailable);
  }
  for (int i = 0; i < 10; ++i) must(world.store->read());
}
