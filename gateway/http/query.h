// The query of a request target, parsed once a request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

// Decoded names and values, by name; a name that is repeated keeps the order of its values, a pair
// that stands twice counts once, and one without a name not at all.
using Query = std::vector<std::pair<std::string, std::string>>;

// Nothing for a percent-escape that is not plain (http/path.h), and for a second '?' that has
// something behind it. Its cost is a request's of kMaxTargetBytes at most: on workers.
std::optional<Query> parse_query(std::string_view target);

// The first value of a name in the query, read as parse_query() reads it; nothing when it is absent
// or has a bad escape. For what must be known before the query as a whole is parsed.
std::optional<std::string> query_value(std::string_view target, std::string_view name);

}  // namespace gateway
