// What sessions do with a contact's outbox: its rows are encrypted on the one to send on, and again
// on a new one. In the writer's transaction.
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

// Encrypts payloads on the contact's session; false: there is none to send on.
base::Result<bool> prepare_rows(const kernel::WriteContext& write, ContactId contact,
                                std::span<store::OutboxRow> rows);

// Queues the joiner's first ratchet message, on the session that it proves whichever else there is;
// its acknowledgement completes the join.
base::Result<> queue_hello(const kernel::WriteContext& write, ContactId contact,
                           store::SessionRow& session, std::int64_t join_id);

// A session came to be: what the contact has not acknowledged and no live session carries is
// encrypted in it, in order; `heard` is what the contact told of our messages. What we told to have
// read of its messages is told again.
base::Result<> encrypt_again(const kernel::WriteContext& write, ContactId contact,
                             const Heard& heard = {});

}  // namespace messaging::peering
