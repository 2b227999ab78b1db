// Hashes and key derivation: BLAKE2b (RFC 7693), SHA-256, HMAC-SHA-256 (RFC 2104), HKDF-SHA-256
// (RFC 5869). Safe from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "crypto/wiping.h"

namespace crypto {

using Hash32 = std::array<std::uint8_t, 32>;

namespace detail {
void blake2b(std::uint8_t* out, std::size_t size, base::ByteView data, base::ByteView key);
}

// BLAKE2b of N = 16, 32 or 64 bytes, with a key of at most 64 bytes or none.
template <std::size_t N>
std::array<std::uint8_t, N> blake2b(base::ByteView data, base::ByteView key = {}) {
  static_assert(N == 16 || N == 32 || N == 64);
  std::array<std::uint8_t, N> out{};
  detail::blake2b(out.data(), N, data, key);
  return out;
}

// BLAKE2b-256 of what comes piece by piece. One thread at a time; finish() ends it.
class Blake2b256 {
 public:
  Blake2b256();
  Blake2b256(Blake2b256&&) noexcept;
  Blake2b256& operator=(Blake2b256&&) noexcept;
  ~Blake2b256();
  Blake2b256& update(base::ByteView data);
  Hash32 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Hash32 sha256(base::ByteView data);

// The result of a MAC may be sent; where it is a key, copy it into a WipingArray and wipe it.
Hash32 hmac_sha256(base::ByteView key, base::ByteView data);

// Fills `out` (at most 255 * 32 bytes) from input key material, a salt (may be empty) and the info
// that names what the key is for.
void hkdf_sha256(base::ByteView ikm, base::ByteView salt, base::ByteView info,
                 std::span<std::uint8_t> out);

}  // namespace crypto
