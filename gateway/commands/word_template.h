// WordTemplate: one word of a command's arguments or of an allowed line: literal text with at most
// one hole, `{name}`, that an argument's value fills. `{{` and `}}` are braces.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/commands/argument.h"

namespace gateway::commands {

struct WordTemplate {
  std::string before;                   // the whole word when there is no hole
  std::optional<std::size_t> argument;  // which argument fills the hole
  std::string after;

  // Errc::invalid_argument for an unknown name, a second hole or a brace alone.
  static base::Result<WordTemplate> parse(std::string_view text,
                                          std::span<const Argument> arguments);

  std::string fill(std::span<const std::string> values) const;
  // What `word` has in the place of the hole ("" without one); nothing when the literal text of
  // the word is another one.
  std::optional<std::string_view> value_in(std::string_view word) const;
};

}  // namespace gateway::commands
