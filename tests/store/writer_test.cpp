#include "store/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "base/cancel_scope.h"
#include "tests/store/tally.h"
#include "tests/store/world.h"
#include "tests/support/faulty_vfs.h"

using namespace store;
using base::Errc;
using test::must;
using test::Tally;

namespace {

constexpr base::AccountId kWritten{1};

// Takes the next number and keeps it.
base::Result<std::int64_t> number_one(Tx& tx) {
  EDGE_TRY(const std::int64_t number, tx.next_id(kWritten, "note"));
  EDGE_CHECK(tx.db().run("INSERT INTO note(number) VALUES(?)", number));
  EDGE_CHECK(tx.append_event(kWritten, 1, base::as_bytes(std::to_string(number))));
  return number;
}

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
  std::vector<LoggedEvent> received;
  world.store->writer().on_events([&](std::span<const LoggedEvent> events) {
    received.insert(received.end(), events.begin(), events.end());
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
  REQUIRE(received.size() == 2);
  CHECK(received[1].id.value == received[0].id.value + 1);
}

TEST_CASE("the first write of a transaction fails alone too, and those after it stay") {
  test::World world;
  auto options = world.options();
  options.writer.min_batch_time = options.writer.max_batch_time = 60'000;  // all in one
  world.open(options);
  must(world.store->write_now<std::int64_t>(number_one));
  const auto newest = must(world.store->newest_event());
  const auto commits = world.store->writer().stats().commits;
  std::latch answering(1);
  std::latch submitted(1);
  world.store->write<void>([](Tx&) -> base::Result<> { return {}; },
                           [&](const base::Result<>&) {
                             answering.count_down();
                             submitted.wait();
                           });
  answering.wait();  // so that the next writes have a transaction of their own
  Tally tally;
  std::vector<std::string> answers(4);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    world.store->write<std::int64_t>(
        [i](Tx& tx) -> base::Result<std::int64_t> {
          EDGE_TRY(const auto number, number_one(tx));
          if (i % 2 == 0) return base::fail(Errc::not_found, "not this one");
          return number;
        },
        [&, i](base::Result<std::int64_t> result) {
          answers[i] = result ? std::to_string(*result) : result.error().message;
          tally.add();
        });
  }
  submitted.count_down();
  tally.wait_for(answers.size());
  CHECK(answers == std::vector<std::string>{"not this one", "2", "not this one", "3"});
  CHECK(world.count_notes() == 3);
  CHECK(must(world.store->newest_event()).value == newest.value + 2);
  CHECK(world.store->writer().stats().largest_batch == 4);
  CHECK(world.store->writer().stats().commits == commits + 2);
}

TEST_CASE("nothing is acknowledged before the folder of a new database is synced, once") {
  test::World world;
  world.open();
  must(world.store->write_now<std::int64_t>(number_one));
  world.store.reset();
  auto options = world.options();
  const std::filesystem::path folder = world.dir / "elsewhere";
  options.writer.unsynced_dir = folder;  // not there, so that syncing fails
  world.open(options);
  // What changes nothing needs no sync.
  must(world.store->write_now<void>([](Tx&) -> base::Result<> { return {}; }));
  const auto refused = world.store->write_now<std::int64_t>(number_one);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("elsewhere") != std::string::npos);
  CHECK(world.count_notes() == 1);
  std::filesystem::create_directory(folder);
  CHECK(must(world.store->write_now<std::int64_t>(number_one)) == 2);
  std::filesystem::remove(folder);
  CHECK(must(world.store->write_now<std::int64_t>(number_one)) == 3);
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

TEST_CASE("the queue is bounded and a refused write is reported at once") {
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

TEST_CASE(
    "what a writer prepares waits for the first write, or for its time, and not for its end") {
  test::World world;
  world.open();
  world.store.reset();
  const Vault vault(crypto::RecordKey::generate());
  Health health;
  std::atomic<int> prepared = 0;
  WriterOptions options{.prepare = [&](Connection&) -> base::Result<> {
                          ++prepared;
                          return {};
                        },
                        .prepare_after = 3'600'000};
  const auto with_writer = [&](const std::function<void(Writer&)>& use) {
    Writer writer(must(Connection::open(world.dir / "store.db")), vault, world.clock, health,
                  options);
    use(writer);
  };
  with_writer([](Writer&) {});
  CHECK(prepared == 0);
  with_writer([&](Writer& writer) {
    int before_write = 0;
    writer.write<void>(
        [&](Tx&) -> base::Result<> {
          before_write = prepared;
          return {};
        },
        [](base::Result<>) {});
    writer.flush();
    CHECK(before_write == 1);
  });
  options.prepare_after = 0;
  with_writer([&](Writer&) { CHECK(test::eventually([&] { return prepared == 2; })); });
}
