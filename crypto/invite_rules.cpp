#include "crypto/invite_rules.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace crypto::invite {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_plain(char c) { return c > 0x20 && c < 0x7f; }

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

bool starts_with_caseless(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char want, char got) {
           return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got + 32) : got);
         });
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), word_character);
}

bool is_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return text.size() <= 320 && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         base::is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

bool is_name(std::string_view text) {
  return text.size() <= 256 && base::is_utf8(text) &&
         std::none_of(text.begin(), text.end(), is_control);
}

bool is_url(std::string_view text) {
  if (text.size() > 512 || !std::all_of(text.begin(), text.end(), is_plain)) return false;
  std::size_t host = 0;
  if (starts_with_caseless(text, "http://")) host = 7;
  if (starts_with_caseless(text, "https://")) host = 8;
  if (host == 0) return false;
  if (text.find_first_of("@?#\\", host) != std::string_view::npos) return false;
  return host < text.size() && text[host] != '/' && text[host] != ':';
}

std::string_view trimmed(std::string_view text) {
  // No-break space, zero width space and joiners, byte order mark.
  static constexpr std::array<std::string_view, 11> kAround = {
      " ",        "\t",           "\r",           "\n",           "\v",          "\f",
      "\xC2\xA0", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xEF\xBB\xBF"};
  const auto take_one = [&] {
    for (const std::string_view piece : kAround) {
      if (text.starts_with(piece)) {
        text.remove_prefix(piece.size());
        return true;
      }
      if (text.ends_with(piece)) {
        text.remove_suffix(piece.size());
        return true;
      }
    }
    return false;
  };
  while (take_one()) {
  }
  return text;
}

}  // namespace crypto::invite
