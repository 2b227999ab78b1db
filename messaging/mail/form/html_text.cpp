#include "messaging/mail/form/html_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/ascii.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kLongestEntity = 10;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '!' || c == '/';
}

std::string_view tag_name(std::string_view lower) {
  std::size_t end = 0;
  while (end < lower.size() && is_name_character(lower[end])) ++end;
  return lower.substr(0, end);
}

bool breaks_line(std::string_view tag) {
  constexpr std::array kTags = {"br",  "p",  "/p",  "div",        "/div", "tr",
                                "/tr", "li", "h1",  "/h1",        "h2",   "/h2",
                                "h3",  "hr", "/ul", "blockquote", "pre",  "/pre"};
  for (const std::string_view one : kTags) {
    if (tag == one) return true;
  }
  return false;
}

void put_character(std::string& out, std::uint32_t c) {
  if (c < ' ' || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff) return;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::array<std::uint32_t, 4> kLead = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[static_cast<std::size_t>(extra)] | c >> (6 * extra));
  while (extra-- > 0) out += static_cast<char>(0x80 | (c >> (6 * extra) & 0x3f));
}

// After "&": puts the character and returns the number of bytes read; 0: it is no entity.
std::size_t put_entity(std::string& out, std::string_view rest) {
  const std::size_t end = rest.substr(0, kLongestEntity).find(';');
  if (end == std::string_view::npos) return 0;
  const std::string_view name = rest.substr(0, end);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames = {
      {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}}};
  for (const auto& [one, text] : kNames) {
    if (one != name) continue;
    out += text;
    return end + 1;
  }
  if (!name.starts_with('#') || name.size() < 2) return 0;
  const bool hex = name[1] == 'x' || name[1] == 'X';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t c = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), c, hex ? 16 : 10);
  if (error != std::errc() || stop != digits.data() + digits.size()) return 0;
  put_character(out, c);
  return end + 1;
}

}  // namespace

std::string html_text(std::string_view html) {
  const std::string lower = base::lower_ascii(html);
  std::string out;
  std::size_t at = 0;
  while (at < html.size()) {
    const char c = html[at];
    if (c == '<') {
      const std::string_view tag = tag_name(std::string_view(lower).substr(at + 1));
      std::string_view close = ">";
      if (tag.starts_with("!") && lower.compare(at, 4, "<!--") == 0) close = "-->";
      if (tag == "style") close = "</style>";
      if (tag == "script") close = "</script>";
      if (tag == "head") close = "</head>";
      if (breaks_line(tag) && !out.empty() && out.back() != '\n') out += '\n';
      const std::size_t end = lower.find(close, at);
      at = end == std::string::npos ? html.size() : end + close.size();
    } else if (c == '&') {
      const std::size_t read = put_entity(out, html.substr(at + 1));
      if (read == 0) out += c;
      at += read + 1;
    } else if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
      if (!out.empty() && out.back() != ' ' && out.back() != '\n') out += ' ';
      ++at;
    } else {
      out += c;
      ++at;
    }
  }
  return out;
}

}  // namespace messaging::mail
