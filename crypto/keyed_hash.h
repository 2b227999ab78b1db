// BLAKE2b-128 (RFC 7693) with a key, of a message that lies in several pieces: as blake2b<16>() of
// them in a row (crypto/hash.h), without a copy of the whole. Nothing of key or message stays
// behind in memory. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace crypto {

// `key` has at most 64 bytes.
std::array<std::uint8_t, 16> keyed_hash(std::span<const base::ByteView> pieces, base::ByteView key);

}  // namespace crypto
