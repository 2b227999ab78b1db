// Encryption of a contact's outbox: rows are encrypted in the session to send on, and again in a
// new one. In the writer's transaction.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "messaging/model/types.h"
#include "store/tables/outbox.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

// Encrypts payloads in the contact's session. False: there is no session to send on.
base::Result<bool> prepare_rows(const kernel::WriteContext& write, ContactId contact,
                                std::span<store::OutboxRow> rows);

// Queues the joiner's first ratchet message in the session that it proves, even if there are
// others; its receipt completes the join.
base::Result<> queue_hello(const kernel::WriteContext& write, ContactId contact,
                           store::SessionRow& session, std::int64_t join_id);

// After a new session: encrypts in it, in order, the messages that the contact has not acknowledged
// and no live session carries; `last_received` is our last message that the contact has. Read
// receipts are sent again.
base::Result<> encrypt_again(const kernel::WriteContext& write, ContactId contact,
                             const LastReceived& last_received = {});

}  // namespace messaging::peering
