#include "gateway/commands/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace gateway::commands {
namespace {

using base::Errc;
using base::fail;

struct AssertionFailed final : std::exception {
  const char* what() const noexcept override { return "an assertion of toml++ failed"; }
};

// nullopt: an assertion failed.
std::optional<toml::parse_result> parsed(std::string_view text, std::string_view source) {
  try {
    return toml::parse(text, source);
  } catch (const AssertionFailed&) {
    return std::nullopt;
  }
}

// The library does not say where an assertion failed. It reads a text once, from its beginning, so
// the first lines fail as the whole does exactly when the fault is in them.
std::size_t line_of_fault(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    ends.push_back(at + 1);
  }
  const auto good = std::partition_point(ends.begin(), ends.end(), [&](std::size_t end) {
    return parsed(text.substr(0, end), "").has_value();
  });
  return static_cast<std::size_t>(good - ends.begin()) + 1;
}

}  // namespace

void toml_assertion_failed() { throw AssertionFailed(); }

base::Result<toml::table> parse_toml(std::string_view text, std::string_view source) {
  auto result = parsed(text, source);
  if (!result) {
    return fail(Errc::invalid_argument,
                fmt::format("{}:{}: expected TOML: a bracket stands where a name or value belongs",
                            source, line_of_fault(text)));
  }
  if (!*result) {
    return fail(Errc::invalid_argument,
                fmt::format("{}:{}: expected TOML: {}", source, result->error().source().begin.line,
                            result->error().description()));
  }
  return std::move(*result).table();
}

}  // namespace gateway::commands
