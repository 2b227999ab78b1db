#include "rpc/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace rpc {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The offset after the string that begins at `at`.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// The parts between the brackets of an array or object, separated at its commas.
template <class Visit>
void for_each_part(std::string_view text, char bracket, Visit&& visit) {
  text = trimmed(text);
  if (text.empty() || text.front() != bracket) return;
  std::size_t depth = 0;
  std::size_t begin = 1;
  for (std::size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"':
        at = after_string(text, at);
        continue;
      case '[':
      case '{':
        ++depth;
        break;
      case ',':
        if (depth == 1) {
          visit(trimmed(text.substr(begin, at - begin)));
          begin = at + 1;
        }
        break;
      case ']':
      case '}':
        if (--depth > 0) break;
        if (const auto last = trimmed(text.substr(begin, at - begin)); !last.empty()) visit(last);
        return;
      default:
        break;
    }
    ++at;
  }
}

// Whether the quoted text says `name`.
bool says(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == std::string_view::npos) {
    return quoted.substr(1, quoted.size() - 2) == name;
  }
  const auto key = nlohmann::json::parse(quoted.begin(), quoted.end(), nullptr, false);
  return key.is_string() && key.get_ref<const std::string&>() == name;
}

// The bytes of a character that readers take for a line's end, and its escape.
struct Separator {
  std::string_view bytes, escape;
};
constexpr Separator kSeparators[] = {
    {"\xC2\x85", "\\u0085"}, {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}};

const Separator* separator_at(std::string_view text) {
  if (text.front() != '\xC2' && text.front() != '\xE2') return nullptr;
  for (const Separator& separator : kSeparators) {
    if (text.starts_with(separator.bytes)) return &separator;
  }
  return nullptr;
}

// The four hex digits after "\u", or nothing.
std::optional<unsigned> code_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  unsigned unit = 0;
  for (const char c : text.substr(2, 4)) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!digit && !letter) return std::nullopt;
    unit = unit * 16 + static_cast<unsigned>(digit ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return unit;
}

bool is_high(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace

std::vector<std::string_view> json_items(std::string_view array) {
  std::vector<std::string_view> items;
  for_each_part(array, '[', [&](std::string_view item) { items.push_back(item); });
  return items;
}

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  for_each_part(object, '{', [&](std::string_view member) {
    const std::size_t key = after_string(member, 0);
    if (!says(member.substr(0, key), name)) return;
    const std::size_t colon = member.find(':', key);
    if (colon != std::string_view::npos) found = trimmed(member.substr(colon + 1));
  });
  return found;
}

std::string on_one_line(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool quoted = false;
  std::size_t from = 0;  // what is before stands in `out`
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') {
      at = std::min(at + 2, json.size());
      continue;
    }
    const Separator* const separator = separator_at(json.substr(at));
    if (separator == nullptr && (quoted || !is_blank(c))) {
      ++at;
      continue;
    }
    out += json.substr(from, at - from);
    if (separator != nullptr) out += separator->escape;
    at += separator == nullptr ? 1 : separator->bytes.size();
    from = at;
  }
  return out += json.substr(from);
}

std::optional<MendedJson> mend_surrogates(std::string_view text) {
  MendedJson mended;
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    const auto unit = code_unit(text.substr(at));
    const auto next = unit && is_high(*unit) ? code_unit(text.substr(at + 6)) : std::nullopt;
    const bool pair = next && is_low(*next);
    if (!pair && unit && (is_high(*unit) || is_low(*unit))) mended.surrogates.push_back(at);
    constexpr std::size_t kEscape = 6;
    at += pair ? 2 * kEscape : unit ? kEscape : 2;
  }
  if (mended.surrogates.empty()) return std::nullopt;
  mended.text = text;
  for (const std::size_t at : mended.surrogates) mended.text.replace(at, 6, "\\ufffd");
  return mended;
}

}  // namespace rpc
