// Bytes and the views of them: how every room passes binary data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

// Lower-case hex. Not for secrets: neither direction is constant in time (crypto/encoding.h is).
std::string to_hex(ByteView bytes);
// Either case; nothing for an odd length or another character.
std::optional<Bytes> from_hex(std::string_view text);

// True for well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace base
