// Base64 as mails have it (RFC 4648 section 4, with padding). Not for secrets: its time depends on
// the data.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace messaging::mail {

// A line break (`separator`) after each `line` characters; 0: none.
std::string base64_encode(base::ByteView bytes, std::size_t line = 0,
                          std::string_view separator = {});
// White space is skipped and padding may be missing. nullopt: another character, or more than
// `most` bytes.
std::optional<base::Bytes> base64_decode(std::string_view text, std::size_t most);

}  // namespace messaging::mail
