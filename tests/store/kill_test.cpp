// kill -9 of a process that writes: what it acknowledged is there. This shows that nothing is
// acknowledged before its commit; that a commit survives the loss of power is shown elsewhere.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>

#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

constexpr base::AccountId kKilledAccount{1};

// The child: writes for ever, from its completions, and writes each acknowledged number.
[[noreturn]] void write_for_ever(const std::string& dir, int pipe) {
  base::SystemClock clock;
  auto store = Store::open({.dir = dir, .migrations = test::kMigrations, .clock = &clock});
  if (!store) ::_exit(1);
  std::function<void()> go = [&] {
    (*store)->write<std::int64_t>(
        [](Tx& tx) -> base::Result<std::int64_t> {
          EDGE_TRY(const auto number, tx.next_id(kKilledAccount, "note"));
          EDGE_CHECK(tx.db().run("INSERT INTO note(number) VALUES(?)", number));
          EDGE_CHECK(tx.append_event(kKilledAccount, 1, base::as_bytes("n")));
          return number;
        },
        [&](base::Result<std::int64_t> number) {
          if (number && ::write(pipe, &*number, sizeof *number) < 0) ::_exit(1);
          go();
        });
  };
  for (int i = 0; i < 8; ++i) go();
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("kill -9 at random moments loses nothing acknowledged and repeats no number") {
  test::World world;
  std::mt19937 random(7);
  std::set<std::int64_t> acknowledged;
  base::EventId last;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      write_for_ever(world.dir.path(), ends[1]);
    }
    ::close(ends[1]);
    // Killed after a random number of answers, in the middle of whatever it does then.
    const auto stop_after = static_cast<int>(random() % 60);
    std::int64_t number = 0;
    for (int i = 0;; ++i) {
      if (i == stop_after) ::kill(child, SIGKILL);
      if (::read(ends[0], &number, sizeof number) != sizeof number) break;
      CHECK(acknowledged.insert(number).second);
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    world.open();
    std::set<std::int64_t> stored;
    {
      auto reader = must(world.store->read());
      must(reader->each("SELECT number FROM note",
                        [&](const Row& row) { CHECK(stored.insert(row.integer(0)).second); }));
    }
    for (const std::int64_t n : acknowledged) CHECK(stored.contains(n));
    const auto newest = must(world.store->newest_event());
    CHECK(newest >= last);
    last = newest;
    world.store.reset();
    acknowledged =
        stored;  // a number that was stored but not acknowledged must not come again either
  }
  CHECK(acknowledged.size() > 20);
}
