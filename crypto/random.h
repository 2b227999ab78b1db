// Randomness from the operating system, good for keys. Safe from any thread; never fails (libsodium
// aborts the process when the system has no randomness).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace crypto {

void random_bytes(std::span<std::uint8_t> out);

template <std::size_t N>
std::array<std::uint8_t, N> random_array() {
  std::array<std::uint8_t, N> out{};
  random_bytes(out);
  return out;
}

std::uint64_t random_u64();

}  // namespace crypto
