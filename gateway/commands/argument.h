// Argument: one value that a caller may choose for a command, and which values are allowed.
//
// Resists injection: a value becomes one word of the program's arguments, never text of a shell.
// A string may not begin with `-` (an option such as --exec=…), name a path out of the working
// folder (`/…`, `..`) or hold control characters, unless the list of commands allows the first two.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/commands/pattern.h"

namespace gateway::commands {

enum class ArgumentType : std::uint8_t { choice, integer, string };

std::string_view name_of(ArgumentType type);

struct Argument {
  static constexpr std::size_t kMaxValueBytes = 4096;

  std::string name;
  std::string description;
  ArgumentType type = ArgumentType::string;
  std::vector<std::string> choices;   // of a choice, at least one
  std::int64_t least = 0;             // of an integer
  std::int64_t most = 0;              //
  std::size_t shortest = 1;           // of a string, in bytes
  std::size_t longest = 0;            //
  std::optional<Pattern> pattern;     // of a string
  bool leading_dash = false;          // a string may begin with `-`
  bool any_path = false;              // a string may begin with `/` or `~`, or have the part `..`
  std::optional<std::string> preset;  // the value when the caller gives none

  // Errc::invalid_argument names the argument and what was expected.
  base::Result<> check(std::string_view value) const;
  // "an integer from 1 to 100", "one of 'a', 'b'"
  std::string expected() const;
};

}  // namespace gateway::commands
