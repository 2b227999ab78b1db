// The periodic work of many accounts leaves room in the writer's queue.
#include <future>

#include "tests/messaging/bare_gateway.h"

using namespace test;

TEST_CASE("a minute's work of many accounts waits a few accounts at a time") {
  constexpr std::uint64_t kAccounts = 60;
  World world;
  BareGateway bare(world, world.alice);
  for (std::uint64_t i = 0; i < kAccounts; ++i) {
    REQUIRE(answer<AccountId>([&](auto done) { bare.parts().accounts.add(std::move(done)); }));
  }
  auto& writer = bare.store().writer();
  std::promise<void> go;
  std::promise<void> ended;
  bare.store().write<void>(
      [held = go.get_future().share()](store::Tx&) -> base::Result<> {
        held.wait();
        return {};
      },
      [&](const base::Result<>&) { ended.set_value(); });
  bare.run_maintenance();  // submits on this thread
  CHECK(writer.stats().waiting < kAccounts / 2);
  const auto before = writer.stats().closures;
  go.set_value();
  ended.get_future().wait();
  // Each account has its turn all the same.
  CHECK(world.until([&] { return writer.stats().closures >= before + kAccounts; }));
}
