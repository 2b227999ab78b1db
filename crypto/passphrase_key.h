// The key that a passphrase gives, by Argon2id (RFC 9106, one lane). Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace crypto {

inline constexpr std::size_t kPassphraseSalt = 16;  // bytes

// What Argon2id costs: passes over the memory, and the memory.
struct PassphraseCost {
  std::uint32_t ops = 3;
  std::uint32_t memory_kib = 64 * 1024;
};
inline constexpr PassphraseCost kMinPassphraseCost{.ops = 1, .memory_kib = 8};  // for tests
// The most that a blob may ask for when it is read back: a hostile one must not take the machine.
inline constexpr PassphraseCost kMaxPassphraseCost{.ops = 16, .memory_kib = 1024 * 1024};

// `salt` has kPassphraseSalt bytes. Errc::exhausted: the memory cannot be had.
base::Result<Secret<32>> key_from_passphrase(base::ByteView passphrase, base::ByteView salt,
                                             PassphraseCost cost);

}  // namespace crypto
