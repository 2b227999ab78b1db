// Messages of ours to a group or channel: one for each member, encrypted on its own session. In the
// writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/messages.h"

namespace messaging::groups {

// Why nothing can be sent to a group's chat now: we are out of it, or it is another's channel.
base::Result<> check_can_write(const store::Scope& scope, const kernel::AccountState& account,
                               ChatId chat);

// Queues a message (its row is inserted, state out_pending) for every member; the first one tells
// them of the group before. A group of ourselves alone has it delivered at once.
base::Result<> queue_group_message(const kernel::WriteContext& write, ChatId chat,
                                   const store::MessageRow& row);

}  // namespace messaging::groups
