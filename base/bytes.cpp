#include "base/bytes.h"

namespace base {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

// The table of well-formed byte sequences of the Unicode standard (table 3-7).
bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = p + text.size();
  const auto tail = [&](const unsigned char* at, unsigned char low, unsigned char high) {
    return at < end && *at >= low && *at <= high;
  };
  while (p < end) {
    const unsigned char c = *p;
    if (c < 0x80) {
      p += 1;
    } else if (c >= 0xc2 && c <= 0xdf) {
      if (!tail(p + 1, 0x80, 0xbf)) return false;
      p += 2;
    } else if (c >= 0xe0 && c <= 0xef) {
      const unsigned char low = c == 0xe0 ? 0xa0 : 0x80;
      const unsigned char high = c == 0xed ? 0x9f : 0xbf;
      if (!tail(p + 1, low, high) || !tail(p + 2, 0x80, 0xbf)) return false;
      p += 3;
    } else if (c >= 0xf0 && c <= 0xf4) {
      const unsigned char low = c == 0xf0 ? 0x90 : 0x80;
      const unsigned char high = c == 0xf4 ? 0x8f : 0xbf;
      if (!tail(p + 1, low, high) || !tail(p + 2, 0x80, 0xbf) || !tail(p + 3, 0x80, 0xbf)) {
        return false;
      }
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace base
