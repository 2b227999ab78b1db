// What random histories of protected files share: numbers that a seed repeats, and bad weather.
#pragma once

#include <cstdint>
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

 private:
  std::mt19937 random_;
};

// Plays histories, each of a seed of its own, which is printed when it fails: EDGE_TEST_SEED
// repeats one, EDGE_TEST_ROUNDS plays more.
template <class Play>
void play_histories(Play play) {
  const unsigned first = number_from("EDGE_TEST_SEED", std::random_device{}());
  const unsigned rounds = number_from("EDGE_TEST_ROUNDS", 2);
  for (unsigned seed = first; seed != first + rounds; ++seed) {
    INFO("EDGE_TEST_SEED=" << seed);
    play(seed);
  }
}

}  // namespace test
