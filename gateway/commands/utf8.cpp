#include "gateway/commands/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

namespace gateway::commands {
namespace {

// How many bytes a character has by its first one, and between which values the second one lies
// (Unicode's table 3-7).
struct Form {
  std::size_t size = 0;
  unsigned char least = 0x80;
  unsigned char most = 0xbf;
};

Form form_of(unsigned char first) {
  if (first < 0x80) return {.size = 1};
  if (first < 0xc2) return {};
  if (first < 0xe0) return {.size = 2};
  if (first == 0xe0) return {.size = 3, .least = 0xa0};
  if (first == 0xed) return {.size = 3, .most = 0x9f};  // no surrogates
  if (first < 0xf0) return {.size = 3};
  if (first == 0xf0) return {.size = 4, .least = 0x90};
  if (first < 0xf4) return {.size = 4};
  if (first == 0xf4) return {.size = 4, .most = 0x8f};
  return {};
}

// How many of the first `size` bytes fit the form.
std::size_t fitting(std::string_view text, const Form& form) {
  std::size_t at = 1;
  for (; at < std::min(form.size, text.size()); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const unsigned char least = at == 1 ? form.least : 0x80;
    const unsigned char most = at == 1 ? form.most : 0xbf;
    if (byte < least || byte > most) break;
  }
  return at;
}

// How many bytes at the beginning are ASCII.
std::size_t ascii_size(std::string_view text) {
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

std::size_t utf8_size(std::string_view text) {
  if (text.empty()) return 0;
  const Form form = form_of(static_cast<unsigned char>(text.front()));
  return form.size > 0 && fitting(text, form) == form.size ? form.size : 0;
}

bool utf8_cut(std::string_view text) {
  if (text.empty()) return false;
  const Form form = form_of(static_cast<unsigned char>(text.front()));
  return form.size > text.size() && fitting(text, form) == text.size();
}

CleanText clean_utf8(std::string_view bytes) {
  CleanText out;
  out.text.reserve(bytes.size());
  while (!bytes.empty()) {
    // Nearly all output is ASCII, and there may be gigabytes of it.
    const std::size_t plain = ascii_size(bytes);
    out.text.append(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const std::size_t size = utf8_size(bytes);
    if (size > 0) {
      out.text.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      continue;
    }
    // One mark for the longest beginning of a character, as Unicode recommends.
    const Form form = form_of(static_cast<unsigned char>(bytes.front()));
    out.text.append("\xef\xbf\xbd");
    out.replaced = true;
    bytes.remove_prefix(form.size == 0 ? 1 : fitting(bytes, form));
  }
  return out;
}

}  // namespace gateway::commands
