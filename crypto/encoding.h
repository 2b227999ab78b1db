// Hex and base64url (RFC 4648 section 5, without padding), constant in time for a given length, so
// that they are fit for keys. Decoding is strict: nothing for a foreign character, padding, white
// space, an odd hex length or left-over bits. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace crypto {

std::string hex_encode(base::ByteView bytes);        // lower case
std::string hex_encode_upper(base::ByteView bytes);  // the form of fingerprints
std::string base64url_encode(base::ByteView bytes);

std::optional<base::Bytes> hex_decode(std::string_view text);  // either case
std::optional<base::Bytes> base64url_decode(std::string_view text);

// The same into a buffer of the caller's, which must be exactly as long as the result: true when
// it was filled, and otherwise the buffer is all zero. The way to read a key without a copy on the
// heap.
bool hex_decode_to(std::string_view text, std::span<std::uint8_t> out);
bool base64url_decode_to(std::string_view text, std::span<std::uint8_t> out);

}  // namespace crypto
