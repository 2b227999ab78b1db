// Lines of the device chat: what the daemon itself says to its user.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::chats {

// Makes the device chat when there is none.
base::Result<> add_device_line(const kernel::WriteContext& write, std::string text);

}  // namespace messaging::chats
