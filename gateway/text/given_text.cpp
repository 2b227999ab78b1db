#include "gateway/text/given_text.h"

#include "base/ascii.h"

namespace gateway {

using base::Errc;
using base::fail;

std::string_view without_bom(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string_view first_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  text = without_bom(text);
  text = text.substr(0, text.find('\n'));
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string lower_word(std::string_view text) { return base::lower_ascii(text); }

std::optional<bool> read_yes_or_no(std::string_view text) {
  const std::string word = lower_word(text);
  for (const std::string_view yes : {"1", "true", "yes", "on"}) {
    if (word == yes) return true;
  }
  for (const std::string_view no : {"0", "false", "no", "off"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

base::Result<std::filesystem::path> given_path(std::string_view text, const std::string& source) {
  if (text.empty() || text.find('\0') != std::string_view::npos) {
    return fail(Errc::invalid_argument, source + ": expected a path");
  }
  if (text.front() == '~') {
    return fail(Errc::invalid_argument,
                source + ": no shell has put a home folder in the place of ~ in '" +
                    std::string(text) + "': give the whole path, or ./~ for a name with ~ in it");
  }
  if (text.front() == '$') {
    return fail(Errc::invalid_argument,
                source + ": no shell has put a value in the place of the variable in '" +
                    std::string(text) + "': give the whole path, or ./$ for a name with $ in it");
  }
  std::error_code fault;
  auto out = std::filesystem::absolute(text, fault);
  if (fault) return fail(Errc::invalid_argument, source + ": " + fault.message());
  return out.lexically_normal();
}

}  // namespace gateway
