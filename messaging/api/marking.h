// Marking messages as seen, in the writer's transaction.
#pragma once

#include <span>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"

namespace messaging {

// Their senders get read receipts unless that is switched off. Unknown ids are skipped.
base::Result<> mark_messages_seen(const kernel::WriteContext& write,
                                  std::span<const MsgId> messages);

}  // namespace messaging
