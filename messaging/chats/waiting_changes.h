// Changes that arrived before their message. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// Whether this contact may change messages of this chat: it is, or was, one of its readers.
base::Result<bool> may_change(const store::Scope& scope, const store::ChatRow& chat,
                              base::ContactId contact);

// The same for pinning messages, which readers of a channel do not.
base::Result<bool> may_pin(const store::Scope& scope, const store::ChatRow& chat,
                           base::ContactId contact);

// Whether an arriving message was deleted already, by its author or here. A deletion that waited
// for it becomes a tombstone: nothing waits for the message any more.
base::Result<bool> was_deleted(const store::Scope& scope, base::ContactId author,
                               const store::Uuid& uuid, base::UnixMillis now);

// Call before the message is inserted into the chat: puts its edit and pin into the row, and
// drops reactions and pins of people who may not make them.
base::Result<> take_waiting_changes(const store::Scope& scope, const store::ChatRow& chat,
                                    store::MessageRow& row);

}  // namespace messaging::chats
