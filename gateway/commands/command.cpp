#include "gateway/commands/command.h"

#include <fmt/format.h>

namespace gateway::commands {
namespace {

constexpr const char* kShell = "/bin/sh";

}  // namespace

std::string_view name_of(OutputMode mode) {
  switch (mode) {
    case OutputMode::text:
      return "text";
    case OutputMode::file:
      return "file";
    case OutputMode::automatic:
      return "auto";
  }
  return "";
}

std::vector<std::string> Command::argv(std::span<const std::string> values) const {
  std::vector<std::string> out;
  if (shell) out = {kShell, "-c"};
  for (const WordTemplate& word : words) {
    out.push_back(word.fill(values));
    // The script is followed by its own name ($0).
    if (shell && out.size() == 3) out.push_back(is_line ? "sh" : name);
  }
  return out;
}

base::Result<std::vector<std::string>> Command::check_values(
    const std::vector<std::optional<std::string>>& given) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument& argument = arguments[i];
    if (i < given.size() && given[i]) {
      EDGE_CHECK(argument.check(*given[i]));
      out.push_back(*given[i]);
    } else if (argument.preset) {
      out.push_back(*argument.preset);
    } else {
      return base::fail(base::Errc::invalid_argument,
                        fmt::format("{}: expected {}, and there is no value", argument.name,
                                    argument.expected()));
    }
  }
  return out;
}

std::string Command::usage() const {
  if (is_line) return name;
  std::string out = name;
  for (const Argument& argument : arguments) {
    out += argument.preset ? fmt::format(" [{}]", argument.name)
                           : fmt::format(" {{{}}}", argument.name);
  }
  return out;
}

}  // namespace gateway::commands
