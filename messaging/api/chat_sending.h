// Sending to a chat, whoever it addresses: a contact, a group's members, a channel's, or nobody but
// ourselves.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging {

// Errc::forbidden, saying why, when nothing may be sent to this chat.
base::Result<> check_can_send(const store::Scope& scope, const kernel::AccountState& account,
                              const store::ChatRow& chat);

// Puts a message of ours (its row is inserted, state out_pending) into the outbox for all whom the
// chat addresses; nothing to do in Saved messages.
base::Result<> queue_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                             const store::MessageRow& row);

// The same of a change of a message that everybody has or will have.
base::Result<> queue_change(const kernel::WriteContext& write, const store::ChatRow& chat,
                            MsgId message, store::ChangeKind kind, std::int64_t number,
                            const std::string& text);

// The same with a message that has no row yet: inserts it and says its id. Judges a protected file
// in it. check_can_send() came before.
base::Result<MsgId> send_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                                 store::MessageRow row);

}  // namespace messaging
