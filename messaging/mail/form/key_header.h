// The values of Autocrypt and Autocrypt-Gossip headers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messaging/mail/form/chat_mail.h"

namespace messaging::mail {

std::string autocrypt_value(const KeyNotice& notice);
// nullopt: malformed, too large, or with an unknown critical attribute (one whose name does not
// begin with "_").
std::optional<KeyNotice> read_autocrypt(std::string_view value);

}  // namespace messaging::mail
