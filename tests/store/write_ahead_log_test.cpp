// The write-ahead log: how large it may become on a disk that is nearly full, and that it is
// emptied when that is asked for.
#include <filesystem>
#include <limits>
#include <thread>

#include "store/checkpointer.h"
#include "store/reserve.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

std::uint64_t log_size(const test::World& world) {
  return std::filesystem::file_size(world.store->database_path() + "-wal");
}

}  // namespace

TEST_CASE("on a disk that is nearly full the log stays smaller than the reserve") {
  test::World world;
  StoreOptions options = world.options();
  options.writer.nearly_full = std::numeric_limits<std::uint64_t>::max();
  world.open(options);
  for (int number = 0; number < 400; ++number) {  // about 24 MB
    must(world.add_note(number, std::string(60'000, 'x')));
    REQUIRE(log_size(world) < Reserve::kSize);
  }
  CHECK(world.count_notes() == 400);
}

TEST_CASE("emptying the log waits for a reader in the way") {
  test::World world;
  world.open();
  must(world.add_note(1));
  auto reader = std::make_unique<Reader>(must(world.store->read()));
  must((*reader)->integer("SELECT count(*) FROM note"));  // its snapshot
  must(world.add_note(2));
  bool emptied = false;
  std::thread asking([&] { emptied = world.store->writer().empty_log(); });
  must(world.add_note(3));  // other writes go on
  CHECK(log_size(world) > 0);
  reader.reset();
  asking.join();
  CHECK(emptied);
  CHECK(log_size(world) == 0);
  CHECK(world.count_notes() == 3);
}

TEST_CASE("emptying the log gives up while a reader stays") {
  test::World world;
  world.open();
  auto reader = must(world.store->read());
  must(reader->integer("SELECT count(*) FROM note"));
  must(world.add_note(1));
  CHECK_FALSE(world.store->writer().empty_log());
  must(world.add_note(2));
}

TEST_CASE("a large write leaves no large log behind") {
  test::World world;
  world.open();
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    for (int number = 0; number < 400; ++number) {
      EDGE_CHECK(tx.db().run("INSERT INTO note(number,text) VALUES(?,?)", number,
                             std::string(60'000, 'x')));
    }
    return {};
  }));
  const auto large = log_size(world);
  CHECK(large > 20'000'000);
  CHECK(test::eventually([&] {
    must(world.add_note(1));
    return log_size(world) <= 16 * 1024 * 1024;
  }));
}

TEST_CASE("the writer moves few pages after a round, and many ones only when the log is long") {
  test::World world;
  world.open();
  must(world.add_note(1));
  Checkpointer checkpointer(world.store->database_path(), {}, 0);
  using Wanted = Checkpointer::Wanted;
  const auto after_a_round = [&](int begun, int now) {
    checkpointer.log_has(begun);
    checkpointer.log_has(now);
    Wanted wanted = Wanted::nothing;
    // Nothing, too, while the round is under way.
    (void)test::eventually([&] {
      wanted = checkpointer.wanted();
      return wanted != Wanted::nothing || checkpointer.idle();
    });
    return wanted;
  };
  CHECK(after_a_round(999, 999) == Wanted::nothing);  // too short for a round
  CHECK(after_a_round(1'000, 1'100) == Wanted::move);
  checkpointer.log_has(30);  // it has started over
  CHECK(after_a_round(1'000, 1'300) == Wanted::nothing);
  CHECK(after_a_round(1'900, 1'990) == Wanted::nothing);  // no round so soon
  CHECK(after_a_round(2'000, 2'100) == Wanted::move);
  CHECK(after_a_round(3'100, 3'500) == Wanted::nothing);
  CHECK(after_a_round(4'200, 4'700) == Wanted::move);
}
