#include "rpc/json_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rpc {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none
// (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

// U+0085, U+2028 and U+2029 end a line for many readers of lines (Python's splitlines).
std::string_view line_end_escape(std::string_view character) {
  if (character == "\xC2\x85") return "\\u0085";
  if (character == "\xE2\x80\xA8") return "\\u2028";
  if (character == "\xE2\x80\xA9") return "\\u2029";
  return {};
}

void add_escape(JsonWriter& out, unsigned char byte) {
  switch (byte) {
    case '"':
      return out.add("\\\"");
    case '\\':
      return out.add("\\\\");
    case '\b':
      return out.add("\\b");
    case '\f':
      return out.add("\\f");
    case '\n':
      return out.add("\\n");
    case '\r':
      return out.add("\\r");
    case '\t':
      return out.add("\\t");
    default:
      out.add(std::string_view(fmt::format("\\u{:04x}", byte)));
  }
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

// How many characters at the start stand for themselves.
std::size_t plain_length(std::string_view text) {
  // Looking at sixteen without an end in between is one step for the processor.
  constexpr std::size_t kStep = 16;
  std::size_t at = 0;
  for (; at + kStep <= text.size(); at += kStep) {
    std::uint8_t special = 0;
    for (std::size_t i = 0; i < kStep; ++i) {
      special = static_cast<std::uint8_t>(special | !is_plain(text[at + i]));
    }
    if (special != 0) break;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

// How many bytes at the start are written as they are.
std::size_t unchanged_length(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    at += plain_length(text.substr(at));
    if (at == text.size() || static_cast<unsigned char>(text[at]) < 0x80) return at;
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0 || !line_end_escape(text.substr(at, length)).empty()) return at;
    at += length;
  }
}

}  // namespace

void JsonWriter::grow(std::size_t size) {
  constexpr std::size_t kLeast = 64;
  const std::size_t wanted = size_ + std::max({size, kLeast, size_ - begin_});
  const bool fits = size <= out_.capacity() - size_;
  out_.resize(fits ? std::min(wanted, out_.capacity()) : wanted);
}

void JsonWriter::string(std::string_view text) {
  add('"');
  while (true) {
    const std::size_t unchanged = unchanged_length(text);
    add(text.substr(0, unchanged));
    text.remove_prefix(unchanged);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = byte < 0x80 ? 1 : sequence_length(text);
    if (byte < 0x80) {
      add_escape(*this, byte);
    } else {
      add(length == 0 ? "\xEF\xBF\xBD" : line_end_escape(text.substr(0, length)));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  add('"');
}

void JsonWriter::integer(std::uint64_t value) {
  const fmt::format_int text(value);
  add(std::string_view(text.data(), text.size()));
}

void JsonWriter::integer(std::int64_t value) {
  const fmt::format_int text(value);
  add(std::string_view(text.data(), text.size()));
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    add("null");  // JSON cannot express it
    return;
  }
  add(std::string_view(fmt::format("{}", value)));
}

void append_json_string(std::string& out, std::string_view text) { JsonWriter(out).string(text); }

}  // namespace rpc
