// What random histories of protected files share: numbers that a seed repeats, windows that end,
// bad weather, and what a gateway has received.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include "tests/messaging/protected_world.h"

namespace test {

class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {}

  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }
  Weather weather() {
    return {.lose_request = 0.3 * pick(3),
            .lose_reply = 0.2 * pick(3),
            .duplicate = 0.2 * pick(3),
            .reorder = pick(2) == 0};
  }
  // Of a grant; 0: without end. Most end soon, so that there is something to renew.
  std::uint32_t seconds() { return pick(4) == 0 ? 0 : 5 + pick(90); }
  // Often to the very moment at which `end` is reached, when that is near.
  void let_time_pass(World& world, UnixMillis end) {
    const UnixMillis left = end - world.clock.now();
    const bool exactly = left > 0 && left < 100'000 && pick(4) > 0;
    world.clock.advance(exactly ? left : 1000 * (5 + pick(120)));
  }

  static constexpr UnixMillis kForEver = std::numeric_limits<UnixMillis>::max();
  // When a grant of now ends.
  static UnixMillis end_of(const World& world, std::uint32_t seconds) {
    return seconds == 0 ? kForEver : world.clock.now() + seconds * UnixMillis{1000};
  }

  // The clock moves on until something is deposited, or 200 ms of it are over.
  static void let_some_through(World& world) {
    const std::size_t deposits = world.network.deposits();
    const auto end = world.clock.now() + 200;
    REQUIRE(world.until(
        [&] { return world.network.deposits() > deposits || world.clock.now() >= end; }));
  }
  // The number of the last decision for this holder that a gateway knows. An earlier one that is
  // still under way opens nothing once the holder has a later one.
  static std::int64_t last_word(Peer& peer, ContactId holder) {
    auto reader = peer.store().read();
    const auto rev = reader->connection().integer(
        "SELECT max(rev) FROM file_access WHERE contact_id = ?", holder);
    return rev->value_or(0);
  }

 private:
  std::mt19937 random_;
};

// Plays histories, each of a seed of its own, which is printed when it fails: EDGE_TEST_SEED
// repeats one, EDGE_TEST_ROUNDS plays more. Seeds in a row play 2, 3 and 4 parties in turn.
template <class Play>
void play_histories(Play play) {
  const unsigned first = number_from("EDGE_TEST_SEED", std::random_device{}());
  const unsigned rounds = number_from("EDGE_TEST_ROUNDS", 3);
  for (unsigned seed = first; seed != first + rounds; ++seed) {
    const unsigned parties = 2 + seed % 3;
    INFO("EDGE_TEST_SEED=" << seed << ", " << parties << " parties");
    play(seed, parties);
  }
}

}  // namespace test
