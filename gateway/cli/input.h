// Input: what a command reads from standard input.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway::cli {

// All of standard input, at most `most` bytes; `advice` ends the error for more. Without the one
// line end that echo and editors add. Errc::invalid_argument when there is nothing, not even an
// empty line.
base::Result<std::string> read_input(std::size_t most, std::string_view advice);

}  // namespace gateway::cli
