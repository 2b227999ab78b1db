#include "crypto/hash.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace crypto {

namespace detail {

void blake2b(std::uint8_t* out, std::size_t size, base::ByteView data, base::ByteView key) {
  if (crypto_generichash_blake2b(out, size, data.data(), data.size(), key.data(), key.size()) !=
      0) {
    throw std::logic_error("BLAKE2b takes a key of at most 64 bytes");
  }
}

}  // namespace detail

struct Blake2b256::State {
  crypto_generichash_blake2b_state inner;
  State() { crypto_generichash_blake2b_init(&inner, nullptr, 0, 32); }
  ~State() { wipe(&inner, sizeof inner); }
};

Blake2b256::Blake2b256() : state_(std::make_unique<State>()) {}
Blake2b256::Blake2b256(Blake2b256&&) noexcept = default;
Blake2b256& Blake2b256::operator=(Blake2b256&&) noexcept = default;
Blake2b256::~Blake2b256() = default;

Blake2b256& Blake2b256::update(base::ByteView data) {
  crypto_generichash_blake2b_update(&state_->inner, data.data(), data.size());
  return *this;
}

Hash32 Blake2b256::finish() {
  Hash32 out{};
  crypto_generichash_blake2b_final(&state_->inner, out.data(), out.size());
  return out;
}

Hash32 sha256(base::ByteView data) {
  Hash32 out{};
  crypto_hash_sha256(out.data(), data.data(), data.size());
  return out;
}

Hash32 hmac_sha256(base::ByteView key, base::ByteView data) {
  Hash32 out{};
  crypto_auth_hmacsha256_state state;
  const std::uint8_t nothing = 0;  // sodium takes no null, even for an empty key
  crypto_auth_hmacsha256_init(&state, key.empty() ? &nothing : key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, data.data(), data.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  wipe(&state, sizeof state);
  return out;
}

void hkdf_sha256(base::ByteView ikm, base::ByteView salt, base::ByteView info,
                 std::span<std::uint8_t> out) {
  if (out.size() > 255 * 32) throw std::logic_error("HKDF-SHA-256 gives at most 8160 bytes");
  // Section 2.2: an absent salt is 32 zeros, which HMAC pads an empty key to anyway.
  Hash32 prk = hmac_sha256(salt, ikm);
  Hash32 block{};
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < out.size(); done += block.size()) {
    ++counter;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, prk.data(), prk.size());
    if (counter > 1) crypto_auth_hmacsha256_update(&state, block.data(), block.size());
    crypto_auth_hmacsha256_update(&state, info.data(), info.size());
    crypto_auth_hmacsha256_update(&state, &counter, 1);
    crypto_auth_hmacsha256_final(&state, block.data());
    wipe(&state, sizeof state);
    std::copy_n(block.begin(), std::min(block.size(), out.size() - done),
                out.begin() + static_cast<std::ptrdiff_t>(done));
  }
  wipe(prk);
  wipe(block);
}

}  // namespace crypto
