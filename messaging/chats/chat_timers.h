// Timers of chats and of their messages. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/chat_timer.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"

namespace messaging::chats {

TimerValue timer_of(const store::ChatRow& chat);
// Takes a value from a contact that may set it, or from another device of ours, if it is later than
// the chat's own. Changes `chat` and its row. Events: ChatEphemeralTimerModified, and those of the
// line.
base::Result<> take_timer(const kernel::WriteContext& write, store::ChatRow& chat,
                          const store::ContactRow& from, const TimerValue& value);
// Our own change: the row, the line and the event. `shared`: others are in the chat, so it has a
// line.
base::Result<> set_timer(const kernel::WriteContext& write, store::ChatRow& chat,
                         std::uint32_t seconds, bool shared);

// Messages of the chat were read: starts their timers.
base::Result<> start_timers(const kernel::WriteContext& write, base::ChatId chat);
base::Result<> start_timer(const kernel::WriteContext& write, base::MsgId message);

}  // namespace messaging::chats
