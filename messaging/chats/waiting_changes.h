// Changes that came before their message. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// Whether this contact's changes of messages in this chat count: it is, or was, one of those who
// read them.
base::Result<bool> may_change(const store::Scope& scope, const store::ChatRow& chat,
                              base::ContactId contact);

// Whether a message that comes was deleted, by its author or here. A deletion that waited for it
// becomes a tombstone: the message will not wait for anything any more.
base::Result<bool> was_deleted(const store::Scope& scope, base::ContactId author,
                               const store::Uuid& uuid, base::UnixMillis now);

// The message is about to be inserted into the chat: its edit is put into the row, and reactions of
// others than the chat's members are dropped.
base::Result<> take_waiting_changes(const store::Scope& scope, const store::ChatRow& chat,
                                    store::MessageRow& row);

}  // namespace messaging::chats
