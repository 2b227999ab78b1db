// Messages of ours to a group or channel: one copy for each member, encrypted in the member's
// session. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::groups {

// An error when nothing can be sent to a group's chat now: we are no member, or the channel is
// another's.
base::Result<> check_can_write(const store::Scope& scope, const kernel::AccountState& account,
                               const store::ChatRow& chat);

// No other member and no other device of ours is sent our messages there: they are delivered when
// they are written.
base::Result<bool> is_alone(const kernel::WriteContext& write, ChatId chat);

// Queues a message (its row is inserted) for every member. The first message is preceded by the
// group's state. In a group without other members the message goes to our other devices; where
// there are none either (is_alone()), its state is out_delivered.
base::Result<> queue_group_message(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const store::MessageRow& row);

// Queues our last messages of a channel for a new reader, oldest first. The messages keep their
// states: the delivery of these copies is not reported.
base::Result<> queue_last_messages(const kernel::WriteContext& write, ChatId chat,
                                   ContactId reader);

// Queues another content for every member, the same for all; nothing while nobody was notified of
// the group.
base::Result<> queue_for_members(const kernel::WriteContext& write, ChatId chat,
                                 const Content& content);

}  // namespace messaging::groups
