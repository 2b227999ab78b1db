#include "crypto/keyed_hash.h"

#include <sodium.h>

#include <stdexcept>

#include "crypto/wiping.h"

namespace crypto {

std::array<std::uint8_t, 16> keyed_hash(std::span<const base::ByteView> pieces,
                                        base::ByteView key) {
  std::array<std::uint8_t, 16> out{};
  crypto_generichash_blake2b_state state;
  if (crypto_generichash_blake2b_init(&state, key.data(), key.size(), out.size()) != 0) {
    throw std::logic_error("BLAKE2b takes a key of at most 64 bytes");
  }
  for (const base::ByteView piece : pieces) {
    crypto_generichash_blake2b_update(&state, piece.data(), piece.size());
  }
  crypto_generichash_blake2b_final(&state, out.data(), out.size());
  wipe(&state, sizeof state);
  return out;
}

}  // namespace crypto
