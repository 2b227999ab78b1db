// Splits a command line into words as a shell does, and does nothing else a shell does: there are
// no variables, substitutions, globs, redirections or lists. `;`, `|`, `$(…)` and `*` are ordinary
// characters of a word.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway::commands {

inline constexpr std::size_t kMaxLineBytes = 8 * 1024;
inline constexpr std::size_t kMaxWords = 256;

// Blanks and tabs separate words. '…' is taken as it stands; in "…" a backslash stands before `"`,
// `\`, `$` or a backquote, outside of quotes before any character. Refused are an empty text, a
// quote without its end, a backslash at the end, control characters (line breaks and NUL among
// them, also within quotes), text that is not UTF-8, and more than the limits above.
base::Result<std::vector<std::string>> split_words(std::string_view text);

// The text that split_words() reads as these words; for logs, lists and examples.
std::string quote_words(std::span<const std::string> words);

// The place of the first character that no command line or argument may hold (a control character,
// or bytes that are not UTF-8); npos when there is none.
std::size_t find_unfit(std::string_view text);

}  // namespace gateway::commands
