// The query of a request target, parsed once a request, by cpp-httplib.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

// Decoded names and values, by name; a name that is repeated keeps the order of its values, and a
// pair that stands twice counts once.
using Query = std::vector<std::pair<std::string, std::string>>;

// Of a target whose percent-escapes are plain (http/path.h). Nothing for a second '?' that has
// something behind it. Its cost is a request's of kMaxTargetBytes at most: on workers.
std::optional<Query> parse_query(std::string_view target);

}  // namespace gateway
