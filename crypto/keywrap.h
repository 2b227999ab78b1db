// The data key of a store, wrapped by a key file or by a passphrase.
//
//   by a key file:   version u8 (1) | kind u8 (1) | nonce 24 | sealed key 32 + 16        74 bytes
//   by a passphrase: version u8 (1) | kind u8 (2) | ops u32 | memory in KiB u32 | salt 16 |
//                    nonce 24 | sealed key 32 + 16                                       98 bytes
//
// Integers are big-endian. The key is sealed by XChaCha20-Poly1305 with everything before the nonce
// as associated data; the wrapping key is BLAKE2b-256("privitty-edge key wrap v1") keyed with the
// key file's 32 bytes, or Argon2id (RFC 9106, one lane) of the passphrase. A wrong key and a
// damaged blob are one error, Errc::sealed. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/passphrase_key.h"
#include "crypto/secret.h"

namespace crypto {

enum class WrapKind : std::uint8_t { key_file = 1, passphrase = 2 };

// How a blob is wrapped; nothing when it is none of ours (its length or version is wrong).
std::optional<WrapKind> wrap_kind(base::ByteView blob);

base::Bytes wrap_with_key(const Secret<32>& data_key, const Secret<32>& wrapping_key);
base::Result<Secret<32>> unwrap_with_key(base::ByteView blob, const Secret<32>& wrapping_key);

// Errc::invalid_argument for an empty passphrase or a cost out of bounds, Errc::exhausted when the
// memory cannot be had (both ways).
base::Result<base::Bytes> wrap_with_passphrase(const Secret<32>& data_key,
                                               base::ByteView passphrase, PassphraseCost cost = {});
base::Result<Secret<32>> unwrap_with_passphrase(base::ByteView blob, base::ByteView passphrase,
                                                PassphraseCost most = kMaxPassphraseCost);

}  // namespace crypto
