// A person's name as it may stand in an invite link, a card and a line of text: at most 256 bytes
// of UTF-8 without control characters (line breaks, escapes, NUL).
#pragma once

#include <string>
#include <string_view>

namespace messaging {

inline constexpr std::size_t kMaxName = 256;

bool is_plain_name(std::string_view name);
// The name with control characters left out, cut at a whole character; "" when it is not UTF-8.
std::string plain_name(std::string_view name);

}  // namespace messaging
