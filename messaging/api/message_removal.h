// Removes messages here: rows, files and what protected files they are of. In the writer's
// transaction.
#pragma once

#include <span>

#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"

namespace messaging {

// Messages that are gone already are skipped. Events: MsgDeleted for each, PinnedMessagesChanged
// for a pinned one, MsgsChanged for each chat.
base::Result<> remove_messages(const kernel::WriteContext& write, std::span<const MsgId> messages);

}  // namespace messaging
