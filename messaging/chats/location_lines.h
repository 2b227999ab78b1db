// The line in a chat that our locations are sent to it from now on, as Delta Chat has it: a message
// of ours. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"

namespace messaging::chats {

base::Result<> add_location_begin_line(const kernel::WriteContext& write,
                                       const store::ChatRow& chat);

}  // namespace messaging::chats
