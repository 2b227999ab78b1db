#include "crypto/invite_rules.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/unicode.h"

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

std::string_view trimmed(std::string_view text) { return base::seen_part(text); }

}  // namespace crypto::invite
