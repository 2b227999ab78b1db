// Sending to a chat: to its contact, to the members of its group or channel, or, in Saved messages,
// to our other devices.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging {

struct Content;

// Errc::forbidden, saying why, when nothing may be sent to this chat.
base::Result<> check_can_send(const store::Scope& scope, const kernel::AccountState& account,
                              const store::ChatRow& chat);

// Queues a message of ours (its row is inserted, state out_pending) in the outbox for each
// recipient of the chat: in Saved messages for our other devices, if there are any.
base::Result<> queue_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                             const store::MessageRow& row);

// Queues a change (reaction, edit, deletion, pin) of a message for each recipient of the chat.
base::Result<> queue_change(const kernel::WriteContext& write, const store::ChatRow& chat,
                            MsgId message, store::ChangeKind kind, std::int64_t number,
                            const std::string& text);

// Any content to all whom the chat addresses; not for Saved messages.
base::Result<> queue_for_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                              const Content& content);

// Inserts the message's row, queues it as queue_to_chat() does and returns its id. Checks a
// protected file that it carries. Precondition: check_can_send() succeeded.
base::Result<MsgId> send_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                                 store::MessageRow row);

}  // namespace messaging
