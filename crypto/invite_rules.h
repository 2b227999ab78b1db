// What each field of an invite may hold, and what may stand around a link.
#pragma once

#include <string_view>

namespace crypto::invite {

bool is_word(std::string_view text);     // an invite number, mailbox, token or group id
bool is_address(std::string_view text);  // profile@host
bool is_name(std::string_view text);     // what people see
bool is_url(std::string_view text);      // where a gateway is reached

// `lower` in lower case.
bool starts_with_caseless(std::string_view text, std::string_view lower);
// Without what copying, scanning and mail programs add around a link: blanks, line ends, spaces of
// no width, a byte order mark.
std::string_view trimmed(std::string_view text);

}  // namespace crypto::invite
