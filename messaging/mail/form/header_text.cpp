#include "messaging/mail/form/header_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/bytes.h"
#include "messaging/mail/form/base64.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kLine = 76;
constexpr std::size_t kWordBytes = 45;  // of text in an encoded word: 60 characters of base64

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

bool needs_words(std::string_view text) {
  return !is_ascii(text) || text.find("=?") != std::string_view::npos;
}

std::string word(std::string_view text) {
  return "=?utf-8?B?" + base64_encode(base::as_bytes(text)) + "?=";
}

// The length of the character that begins at `at`, of valid UTF-8.
std::size_t character(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (text[at + size] & 0xc0) == 0x80) ++size;
  return size;
}

std::string words(std::string_view text) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = begin;
    while (end < text.size() && end + character(text, end) - begin <= kWordBytes) {
      end += character(text, end);
    }
    if (!out.empty()) out += ' ';
    out += word(text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

}  // namespace

std::string plain_header(std::string_view value) {
  const bool valid = base::is_utf8(value);
  std::string out(value);
  for (char& c : out) {
    if (is_control(c)) c = ' ';
    if (!valid && (c & 0x80) != 0) c = '?';
  }
  return out;
}

std::string header_text(std::string_view text) {
  std::string plain = plain_header(text);
  return needs_words(plain) ? words(plain) : plain;
}

std::string one_encoded_word(std::string_view text) { return word(text); }

std::string quoted_parameter(std::string_view text) {
  const std::string plain = plain_header(text);
  return needs_words(plain) ? "\"" + words(plain) + "\"" : in_quotes(plain);
}

std::string header_address(const MailAddress& address) {
  const std::string name = plain_header(address.name);
  std::string out;
  if (!name.empty()) out = (needs_words(name) ? words(name) : in_quotes(name)) + " ";
  std::string addr = plain_header(address.addr);
  for (char& c : addr) {
    if (std::string_view(" <>,;\"").find(c) != std::string_view::npos) c = '_';
  }
  return out.append("<").append(addr).append(">");
}

std::string header_line(std::string_view name, std::string_view value) {
  std::string out(name);
  out += ": ";
  std::size_t column = out.size();
  std::size_t at = 0;
  while (at < value.size()) {
    // A blank where the next word would not fit becomes a fold. The first word stays beside the
    // name, and a fold has text behind it.
    const std::size_t end = std::min(value.find(' ', at + 1), value.size());
    const std::string_view next = value.substr(at, end - at);
    if (next.front() == ' ' && at > 0 && column + next.size() > kLine &&
        next.find_first_not_of(" \t") != std::string_view::npos) {
      out += "\r\n";
      column = 0;
    }
    out += next;
    column += next.size();
    at = end;
  }
  return out += "\r\n";
}

std::string header_date(std::int64_t unix_seconds) {
  constexpr std::array kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t kLast = 253402300799;  // of the year 9999
  const std::int64_t time = std::clamp<std::int64_t>(unix_seconds, 0, kLast);
  const std::int64_t day = time / 86400;
  const std::int64_t second = time % 86400;
  // Days since 1970 to the civil calendar, in eras of 400 years that begin in March.
  const std::int64_t shifted = day + 719468;
  const std::int64_t era = shifted / 146097;
  const std::int64_t of_era = shifted % 146097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * of_year + 2) / 153;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                kDays[static_cast<std::size_t>(day % 7)],
                static_cast<int>(of_year - (153 * march_month + 2) / 5 + 1),
                kMonths[static_cast<std::size_t>(month - 1)], static_cast<int>(year),
                static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                static_cast<int>(second % 60));
  return text.data();
}

}  // namespace messaging::mail
