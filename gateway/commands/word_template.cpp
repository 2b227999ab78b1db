#include "gateway/commands/word_template.h"

#include <fmt/format.h>

#include <algorithm>

namespace gateway::commands {

using base::Errc;
using base::fail;

base::Result<WordTemplate> WordTemplate::parse(std::string_view text,
                                               std::span<const Argument> arguments) {
  WordTemplate out;
  std::string* literal = &out.before;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      *literal += c;
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == c) {
      *literal += c;
      ++at;
      continue;
    }
    const auto end = text.find('}', at);
    if (c == '}' || end == std::string_view::npos) {
      return fail(
          Errc::invalid_argument,
          fmt::format("'{}' has a brace alone: write {{name}} for the value of an argument, "
                      "{{{{ and }}}} for braces",
                      text));
    }
    if (out.argument) {
      return fail(Errc::invalid_argument,
                  fmt::format("'{}' has two arguments in one word; one is allowed", text));
    }
    const std::string_view name = text.substr(at + 1, end - at - 1);
    const auto found = std::find_if(arguments.begin(), arguments.end(),
                                    [&](const Argument& each) { return each.name == name; });
    if (found == arguments.end()) {
      return fail(Errc::invalid_argument,
                  fmt::format("'{}' names the argument '{}', which is not declared", text, name));
    }
    out.argument = static_cast<std::size_t>(found - arguments.begin());
    literal = &out.after;
    at = end;
  }
  return out;
}

std::string WordTemplate::fill(std::span<const std::string> values) const {
  return argument ? before + values[*argument] + after : before;
}

std::optional<std::string_view> WordTemplate::value_in(std::string_view word) const {
  if (!argument) return word == before ? std::optional(std::string_view()) : std::nullopt;
  if (word.size() < before.size() + after.size() || !word.starts_with(before) ||
      !word.ends_with(after)) {
    return std::nullopt;
  }
  return word.substr(before.size(), word.size() - before.size() - after.size());
}

}  // namespace gateway::commands
