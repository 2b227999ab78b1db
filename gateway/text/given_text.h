// Text as a program is given it: in variables, flags and small files that an editor, a shell
// script or a container's settings made. They come with line ends, byte order marks, capitals and
// paths that no shell has read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway {

// Without the UTF-8 byte order mark that some editors begin a file with.
std::string_view without_bom(std::string_view text);
// Without the line ends that it ends with, of either kind.
std::string_view without_line_end(std::string_view text);
// The first line of a small file or variable, as it was meant: without a byte order mark before it,
// its line end and blanks around it.
std::string_view first_line(std::string_view text);

// ASCII letters in lower case: for words with a meaning, such as `info` or `true`.
std::string lower_word(std::string_view text);

// 1, true, yes, on and their opposites, in any case; nothing for another text.
std::optional<bool> read_yes_or_no(std::string_view text);

// The absolute path that a setting names; later changes of folder change nothing. Refused when it
// is empty, holds a NUL or begins with `~` or `$`, which only a shell turns into a home folder or a
// variable's value (and none does in `--name=~/x`, in a variable that a container or service sets,
// or in a file). `source` is what the error begins with: the flag or variable.
base::Result<std::filesystem::path> given_path(std::string_view text, const std::string& source);

}  // namespace gateway
