#include "messaging/mail/form/base64.h"

#include <array>
#include <cstdint>

namespace messaging::mail {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (std::int8_t& value : values) value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> kValues = make_values();

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string base64_encode(base::ByteView bytes, std::size_t line, std::string_view separator) {
  std::string out;
  const std::size_t size = (bytes.size() + 2) / 3 * 4;
  out.reserve(size + (line == 0 ? 0 : size / line * separator.size()));
  std::size_t column = 0;
  const auto put = [&](char c) {
    if (line != 0 && column == line) {
      out += separator;
      column = 0;
    }
    out += c;
    ++column;
  };
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? bytes[at + i] : 0u);
    for (std::size_t i = 0; i < 4; ++i) {
      put(i <= count ? kAlphabet[group >> (18 - 6 * i) & 63] : '=');
    }
  }
  return out;
}

std::optional<base::Bytes> base64_decode(std::string_view text, std::size_t most) {
  base::Bytes out;
  std::uint32_t group = 0;
  int bits = 0;
  std::size_t end = text.size();
  while (end > 0 && (text[end - 1] == '=' || is_white(text[end - 1]))) --end;
  for (const char c : text.substr(0, end)) {
    if (is_white(c)) continue;
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    if (out.size() == most) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(group >> bits & 0xff));
  }
  return out;
}

}  // namespace messaging::mail
