// The parser of TOML, and nothing else that knows toml++ (but toml_table.h, which reads what it
// made). Some malformed texts fail an assertion of the library: such a text is refused like any
// other, in every build.
#pragma once

#include <string_view>

namespace gateway::commands {

// Called where an assertion of the library fails; throws what parse_toml() catches.
[[noreturn]] void toml_assertion_failed();

}  // namespace gateway::commands

// Faults come back as values, and assertions are checked whatever this program's own are.
#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::gateway::commands::toml_assertion_failed())
#ifdef NDEBUG
#define EDGE_HAD_NDEBUG
#undef NDEBUG
#endif
#include <toml++/toml.h>
#ifdef EDGE_HAD_NDEBUG
#undef EDGE_HAD_NDEBUG
#define NDEBUG
#endif
#include <cassert>  // assert() is this program's again

#include "base/result.h"

namespace gateway::commands {

// The text as a table; else "SOURCE:LINE: expected TOML: …".
base::Result<toml::table> parse_toml(std::string_view text, std::string_view source);

}  // namespace gateway::commands
