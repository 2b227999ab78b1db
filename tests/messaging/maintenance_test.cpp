// The periodic work of many accounts leaves room in the writer's queue.
#include <future>
#include <thread>

#include "tests/support/world.h"

using namespace test;

TEST_CASE("a minute's work of many accounts waits a few accounts at a time") {
  constexpr int kAccounts = 60;
  World world;
  for (int i = 0; i < kAccounts; ++i) {
    REQUIRE(answer<AccountId>(
        [&](auto done) { world.alice.engine().accounts().add(std::move(done)); }));
  }
  auto& writer = world.alice.store().writer();
  std::promise<void> go;
  std::promise<void> ended;
  world.alice.store().write<void>(
      [held = go.get_future().share()](store::Tx&) -> base::Result<> {
        held.wait();
        return {};
      },
      [&](const base::Result<>&) { ended.set_value(); });
  REQUIRE(world.until([&] { return writer.stats().waiting >= 16; }));
  // Three timers have a write for each account (messaging/api/parts.cpp), maintenance has few. If
  // it had one for each account too, all of them would be there within a millisecond.
  for (int i = 0; i < 20; ++i) {
    CHECK(writer.stats().waiting < 4 * kAccounts);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto before = writer.stats().closures;
  go.set_value();
  ended.get_future().wait();
  // Each account has its turn all the same.
  CHECK(world.until([&] { return writer.stats().closures >= before + 4 * kAccounts; }));
}
