// Lines of the device chat: what the daemon itself says to its user.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::chats {

// Creates the device chat if it does not exist.
base::Result<> add_device_line(const kernel::WriteContext& write, std::string text);

}  // namespace messaging::chats
