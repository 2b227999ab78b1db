// The message of ours in a chat which says that our locations are sent to it from now on, as in
// Delta Chat. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"

namespace messaging::chats {

base::Result<> add_location_begin_line(const kernel::WriteContext& write,
                                       const store::ChatRow& chat);

}  // namespace messaging::chats
