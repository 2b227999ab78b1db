// The path of a request target, decoded once, strictly; and the rules for what may stand in a query
// (http/query.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// The target up to its query, percent-decoded. Nothing for a bad escape, for an encoded slash, NUL
// or control character (one spelling per path) and for bytes that are not UTF-8.
std::optional<std::string> decode_path(std::string_view target);

// Percent-escapes in a query must be of the %XX kind.
bool query_escapes_are_plain(std::string_view target);

// A name or a value of a query, decoded as forms are: `+` is a blank. Nothing for a bad escape.
std::optional<std::string> decode_form(std::string_view raw);

}  // namespace gateway
