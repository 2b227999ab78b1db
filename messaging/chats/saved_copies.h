// Copies of messages in Saved messages. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// Drafts, lines and calls are nothing to copy.
bool can_be_copied(const store::MessageRow& original);
// The copy keeps who wrote it, and is neither sent nor fresh. `uuid`: its own.
base::Result<> save_copy(const kernel::WriteContext& write, const store::ChatRow& saved,
                         const store::MessageRow& original, const Uuid& uuid);

}  // namespace messaging::chats
