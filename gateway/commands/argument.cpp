#include "gateway/commands/argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/commands/words.h"

namespace gateway::commands {
namespace {

constexpr std::size_t kShownChoices = 20;
constexpr std::size_t kShownValueBytes = 64;

// The part of a caller's value that an error repeats.
std::string shown_value(std::string_view value) {
  if (find_unfit(value) != std::string_view::npos) return "a value with control characters";
  if (value.size() <= kShownValueBytes) return fmt::format("'{}'", value);
  return fmt::format("a value of {} bytes", value.size());
}

// One spelling per number: no +1, 007, -0 or blanks, so that a program reads what was checked.
std::optional<std::int64_t> plain_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (fmt::format("{}", number) != text) return std::nullopt;
  return number;
}

bool has_parent_part(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

// Why a string is refused, whatever its pattern says; "" when it is not.
std::string_view danger_of(const Argument& argument, std::string_view value) {
  if (!argument.leading_dash && value.starts_with('-')) {
    return "must not begin with '-', which programs read as an option";
  }
  if (argument.any_path) return "";
  if (value.starts_with('/') || value.starts_with('~') || has_parent_part(value)) {
    return "must not lead out of the working folder ('/' or '~' at its beginning, or '..')";
  }
  return "";
}

}  // namespace

std::string_view name_of(ArgumentType type) {
  switch (type) {
    case ArgumentType::choice:
      return "choice";
    case ArgumentType::integer:
      return "int";
    case ArgumentType::string:
      return "string";
  }
  return "";
}

std::string Argument::expected() const {
  if (type == ArgumentType::integer) {
    return fmt::format("an integer from {} to {}", least, most);
  }
  if (type == ArgumentType::string) {
    std::string out = fmt::format("a text of {} to {} bytes", shortest, longest);
    if (pattern) out += fmt::format(" that matches {}", pattern->text());
    return out;
  }
  std::string out = choices.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < std::min(choices.size(), kShownChoices); ++i) {
    out += fmt::format("{}'{}'", i == 0 ? "" : ", ", choices[i]);
  }
  if (choices.size() > kShownChoices) out += ", …";
  return out;
}

base::Result<> Argument::check(std::string_view value) const {
  const auto refuse = [&] {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{}: expected {}, not {}", name, expected(), shown_value(value)));
  };
  switch (type) {
    case ArgumentType::choice:
      if (std::find(choices.begin(), choices.end(), value) == choices.end()) return refuse();
      return {};
    case ArgumentType::integer: {
      const auto number = plain_integer(value);
      if (!number || *number < least || *number > most) return refuse();
      return {};
    }
    case ArgumentType::string:
      break;
  }
  if (value.size() < shortest || value.size() > longest) return refuse();
  if (find_unfit(value) != std::string_view::npos) return refuse();
  if (const auto danger = danger_of(*this, value); !danger.empty()) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{}: {} {}", name, shown_value(value), danger));
  }
  if (pattern && !pattern->matches(value)) return refuse();
  return {};
}

}  // namespace gateway::commands
