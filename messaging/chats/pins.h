// Pinned messages: what every member of a chat sees above it. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// Pins or unpins the message of this chat, with the line in the chat that says who did it, and the
// events. Nothing when it is as wanted already.
base::Result<> set_pinned(const kernel::WriteContext& write, const store::ChatRow& chat,
                          store::MessageRow message, base::ContactId by, bool pinned);

// What a change of ours needs to count after all that are known.
base::Result<std::int64_t> next_pin_number(const kernel::WriteContext& write,
                                           const store::MessageRow& message);

}  // namespace messaging::chats
