// What each field of an invite may hold. Within this room.
#pragma once

#include <string_view>

namespace crypto::invite {

bool is_word(std::string_view text);     // an invite number, mailbox, token or group id
bool is_address(std::string_view text);  // profile@host
bool is_name(std::string_view text);     // what people see
bool is_url(std::string_view text);      // where a gateway is reached

}  // namespace crypto::invite
