#include "messaging/mail/form/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace messaging::mail {
namespace {

bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void put_escape(std::string& out, std::uint32_t unit) { out += fmt::format("\\u{:04x}", unit); }

// The character at the front of valid UTF-8, which is removed.
std::uint32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  constexpr std::array<unsigned, 5> kMask = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t character = first & kMask[size];
  for (std::size_t i = 1; i < size && i < text.size(); ++i) {
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  text.remove_prefix(std::min(size, text.size()));
  return character;
}

void put_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

// A cursor over JSON. Every function leaves it behind what it read, or fails.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // The text of the value that comes next.
  std::optional<std::string_view> value(int depth = 0) {
    skip_space();
    const std::size_t begin = at_;
    if (depth > kMaxJsonDepth || !skip_value(depth)) return std::nullopt;
    return text_.substr(begin, at_ - begin);
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  }
  bool skip_string() {
    if (at_ == text_.size() || text_[at_] != '"') return false;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return true;
      }
      if (text_[at_] == '\\' && ++at_ == text_.size()) return false;
    }
    return false;
  }
  bool skip_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::string_view("+-.").find(text_[at_]) != std::string_view::npos ||
            (text_[at_] >= '0' && text_[at_] <= '9') || (text_[at_] >= 'a' && text_[at_] <= 'z') ||
            text_[at_] == 'E')) {
      ++at_;
    }
    return at_ > begin;
  }
  bool skip_value(int depth) {
    if (at_ == text_.size()) return false;
    if (text_[at_] == '"') return skip_string();
    if (text_[at_] == '{') return skip_list('{', '}', depth);
    if (text_[at_] == '[') return skip_list('[', ']', depth);
    return skip_word();
  }
  bool skip_list(char open, char close, int depth) {
    take(open);
    if (take(close)) return true;
    do {
      if (open == '{') {
        skip_space();
        if (!skip_string() || !take(':')) return false;
      }
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(close);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t unit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), unit, 16);
  if (text.size() != 4 || error != std::errc() || end != text.data() + 4) return std::nullopt;
  return unit;
}

// After "\u": the character of one or two units; U+FFFD for half a pair.
std::uint32_t take_escaped(std::string_view& rest) {
  constexpr std::uint32_t kReplacement = 0xfffd;
  const auto first = hex4(rest.substr(0, 4));
  if (!first) return kReplacement;
  rest.remove_prefix(4);
  if (*first < 0xd800 || *first > 0xdfff) return *first;
  if (*first > 0xdbff || !rest.starts_with("\\u")) return kReplacement;
  const auto second = hex4(rest.substr(2, 4));
  if (!second || *second < 0xdc00 || *second > 0xdfff) return kReplacement;
  rest.remove_prefix(6);
  return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

std::string unescaped(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\' || rest.empty()) {
      out += c;
      continue;
    }
    const char escape = rest.front();
    rest.remove_prefix(1);
    switch (escape) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
      case 'f':
        out += ' ';
        break;
      case 'u':
        put_utf8(out, take_escaped(rest));
        break;
      default:
        out += escape;
    }
  }
  return out;
}

}  // namespace

std::string json_header_string(std::string_view text) {
  if (!base::is_utf8(text)) return "\"\"";
  std::string out = "\"";
  while (!text.empty()) {
    const std::uint32_t c = take_character(text);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c > ' ' && c < 0x7f) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      put_escape(out, c);
    } else {
      put_escape(out, 0xd800 + ((c - 0x10000) >> 10));
      put_escape(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return out += '"';
}

std::string json_string(std::string_view text) {
  if (!base::is_utf8(text)) return "\"\"";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      put_escape(out, static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::optional<JsonFields> json_object(std::string_view json, std::size_t most) {
  JsonCursor cursor(json);
  JsonFields fields;
  if (!cursor.take('{')) return std::nullopt;
  if (cursor.take('}')) return cursor.at_end() ? std::optional(fields) : std::nullopt;
  do {
    const auto name = cursor.value();
    if (!name || !name->starts_with('"') || !cursor.take(':')) return std::nullopt;
    const auto value = cursor.value();
    if (!value || fields.size() == most) return std::nullopt;
    fields.emplace_back(json_text(*name), *value);
  } while (cursor.take(','));
  if (!cursor.take('}') || !cursor.at_end()) return std::nullopt;
  return fields;
}

std::optional<std::vector<std::string_view>> json_array(std::string_view json, std::size_t most) {
  JsonCursor cursor(json);
  std::vector<std::string_view> values;
  if (!cursor.take('[')) return std::nullopt;
  if (cursor.take(']')) return cursor.at_end() ? std::optional(values) : std::nullopt;
  do {
    const auto value = cursor.value();
    if (!value || values.size() == most) return std::nullopt;
    values.push_back(*value);
  } while (cursor.take(','));
  if (!cursor.take(']') || !cursor.at_end()) return std::nullopt;
  return values;
}

std::string json_text(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('"')) return {};
  std::string text = unescaped(value.substr(1, value.size() - 2));
  return base::is_utf8(text) ? text : std::string();
}

std::optional<std::uint64_t> json_number(std::string_view value) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) return {};
  return number;
}

std::string_view json_field(const JsonFields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace messaging::mail
