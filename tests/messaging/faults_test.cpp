// A conversation under random faults: losses, repetitions, reordering, cuts, restarts, stores that
// go back to an older copy of their sessions, clocks that jump. EDGE_TEST_SEED repeats a run.
#include <cstdlib>
#include <random>

#include "tests/messaging/talk.h"

using namespace test;

namespace {

unsigned seed_of_run() {
  const char* given = std::getenv("EDGE_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                          : std::random_device()();
}

}  // namespace

TEST_CASE("under random faults every message arrives once, in order, and none is invented") {
  const unsigned seed = seed_of_run();
  INFO("EDGE_TEST_SEED=" << seed << " repeats this run");
  World world(seed);
  std::mt19937 random(seed);
  const auto chance = [&](double p) {
    return std::uniform_real_distribution<double>(0, 1)(random) < p;
  };
  const ChatId alices = world.join(world.alice, world.bob);
  const ChatId bobs = world.bob.chat_with_peer();
  std::vector<std::string> there;
  std::vector<std::string> back;
  for (int round = 0; round < 120; ++round) {
    if (chance(0.2)) {
      world.network.set({.lose_request = chance(0.5) ? 0.4 : 0,
                         .lose_reply = chance(0.5) ? 0.4 : 0,
                         .duplicate = chance(0.5) ? 0.4 : 0,
                         .reorder = chance(0.5),
                         .cut = chance(0.2)});
    }
    if (chance(0.04)) (chance(0.5) ? world.alice : world.bob).restart();
    if (chance(0.05))
      (chance(0.5) ? world.alice : world.bob).clock().jump((chance(0.5) ? 1 : -1) * 365 * kDay);
    if (chance(0.03)) {
      Peer& peer = chance(0.5) ? world.alice : world.bob;
      auto lost = peer.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
        EDGE_CHECK(tx.db().run("DELETE FROM session"));
        return {};
      });
      REQUIRE(lost.ok());
    }
    for (int i = 0; i < 3; ++i) {
      if (chance(0.5)) {
        there.push_back("a" + std::to_string(there.size()));
        world.alice.send(alices, there.back());
      } else {
        back.push_back("b" + std::to_string(back.size()));
        world.bob.send(bobs, back.back());
      }
    }
    world.clock.advance(50);
  }
  world.network.set({});
  const auto all_there = [&] {
    return said(world.bob, bobs, 'a').size() >= there.size() &&
           said(world.alice, alices, 'b').size() >= back.size();
  };
  // Three times the patience: a renewal that met with another fault is asked for again in a while.
  CHECK((world.until(all_there) || world.until(all_there) || world.until(all_there)));
  CHECK(said(world.bob, bobs, 'a') == there);
  CHECK(said(world.alice, alices, 'b') == back);
}
