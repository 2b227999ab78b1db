// XChaCha20-Poly1305 over buffers, as the other files of this room use it; not for other rooms.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace crypto::aead {

inline constexpr std::size_t kNonce = 24;
inline constexpr std::size_t kTag = 16;

// Writes plain.size() + kTag bytes to `out`.
void seal(std::uint8_t* out, base::ByteView plain, base::ByteView ad, const std::uint8_t* nonce,
          base::ByteView key32);
// Writes sealed.size() - kTag bytes to `out`; false when it does not open, and then `out` holds
// nothing of the plaintext.
bool open(std::uint8_t* out, base::ByteView sealed, base::ByteView ad, const std::uint8_t* nonce,
          base::ByteView key32);

}  // namespace crypto::aead
