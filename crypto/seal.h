// Sealed records: what the store writes of everything that carries content or identity.
//
//   sealed = version u8 (1) | nonce 24, random | XChaCha20-Poly1305 ciphertext | tag 16
//   the cipher's associated data = version u8 | the caller's associated data
//
// The caller's associated data names the place (account, table, column, row), so that sealed values
// cannot be swapped. Sizes stay readable. One error for every failure to open. A few microseconds
// each; everything here is safe from any thread.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kSealOverhead = 1 + 24 + 16;

// The one error of everything that does not open: deliberately without any reason.
base::Error could_not_open();

// A 32-byte key for records. Move-only. Reuse derived keys: each occupies a Secret of its own.
class RecordKey {
 public:
  explicit RecordKey(Secret<32> key) : key_(std::move(key)) {}
  static RecordKey generate() { return RecordKey(Secret<32>::random()); }
  // The subkey for a purpose, an account: BLAKE2b-256 of "privitty-edge subkey v1" | context,
  // keyed.
  RecordKey derive(base::ByteView context) const;
  const Secret<32>& secret() const { return key_; }

 private:
  Secret<32> key_;
};

base::Bytes seal(const RecordKey& key, base::ByteView ad, base::ByteView plain);
// Errc::sealed "could not open" for a wrong key, place or version, and for every damage.
base::Result<WipingBytes> open(const RecordKey& key, base::ByteView ad, base::ByteView sealed);

using LookupHash = std::array<std::uint8_t, 16>;
// The keyed hash by which a sealed value is found: BLAKE2b-128 of "privitty-edge lookup v1" |
// u32 length | label | value, keyed. Normalise the value first; the label says what kind it is.
LookupHash lookup_hash(const RecordKey& key, base::ByteView label, base::ByteView value);

}  // namespace crypto
