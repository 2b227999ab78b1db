#include "gateway/commands/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/commands/utf8.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::fail;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Characters that a shell gives no meaning to, in any place of a word.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-+=./:,@%^").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Reads words from the front of a text.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  base::Result<std::vector<std::string>> split() {
    std::vector<std::string> words;
    for (;;) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      if (words.size() == kMaxWords) {
        return fail(Errc::too_large, fmt::format("more than {} words", kMaxWords));
      }
      EDGE_TRY(std::string word, next());
      words.push_back(std::move(word));
    }
    if (words.empty()) return fail(Errc::invalid_argument, "the command is empty");
    return words;
  }

 private:
  base::Result<std::string> next() {
    std::string word;
    while (at_ < text_.size() && !is_blank(text_[at_])) {
      const char c = text_[at_++];
      if (c == '\'' || c == '"') {
        EDGE_CHECK(quoted(c, word));
      } else if (c != '\\') {
        word += c;
      } else if (at_ < text_.size()) {
        word += text_[at_++];
      } else {
        return fail(Errc::invalid_argument, "a backslash at the end of the command");
      }
    }
    return word;
  }

  // From after the opening quote to after the closing one.
  base::Result<> quoted(char quote, std::string& word) {
    const std::size_t opened = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) return {};
      const bool escapes = quote == '"' && c == '\\' && at_ < text_.size() &&
                           std::string_view("\"\\$`").find(text_[at_]) != std::string_view::npos;
      word += escapes ? text_[at_++] : c;
    }
    return fail(Errc::invalid_argument,
                fmt::format("the quote {} at byte {} has no end", quote, opened));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t find_unfit(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_size(text.substr(at));
    const auto first = static_cast<unsigned char>(text[at]);
    // U+0080 to U+009F are control characters too: 0xc2 0x80 to 0xc2 0x9f.
    const bool is_c1 =
        size == 2 && first == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (size == 0 || (first < 0x20 && first != '\t') || first == 0x7f || is_c1) return at;
    at += size;
  }
  return std::string_view::npos;
}

base::Result<std::vector<std::string>> split_words(std::string_view text) {
  if (text.size() > kMaxLineBytes) {
    return fail(Errc::too_large, fmt::format("the command is longer than {} bytes", kMaxLineBytes));
  }
  if (const auto at = find_unfit(text); at != std::string_view::npos) {
    return fail(Errc::invalid_argument,
                fmt::format("a line break, another control character or bytes that are not UTF-8 "
                            "at byte {} of the command; one command is one line",
                            at + 1));
  }
  return Splitter(text).split();
}

std::string quote_words(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
      out += word;
      continue;
    }
    out += '\'';
    for (const char c : word) {
      if (c == '\'') {
        out += "'\\''";
      } else {
        out += c;
      }
    }
    out += '\'';
  }
  return out;
}

}  // namespace gateway::commands
