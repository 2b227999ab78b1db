// Copies of messages in Saved messages. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// False for drafts, lines and calls, which cannot be copied.
bool can_be_copied(const store::MessageRow& original);
// The copy names the original's author, and is neither sent nor fresh. `uuid`: the copy's own.
base::Result<> save_copy(const kernel::WriteContext& write, const store::ChatRow& saved,
                         const store::MessageRow& original, const Uuid& uuid);

}  // namespace messaging::chats
