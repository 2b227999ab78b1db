// Restoration: how it is noticed that one side's store went back to an older copy, and what then
// keeps order (decision 9, docs/protocol.md "Restored stores").
//
// A sender numbers its messages in a chat. A restored sender counts again from where its copy was,
// so the receiver would take new messages for old ones. Each side therefore tells in a session's
// handshake which message of the other it has with the highest number; a store that does not know
// that message was restored, and numbers what it has not got acknowledged after it. Where an old
// session goes on without a handshake the receiver notices itself: what was encrypted later has a
// lower number. Then it shifts that sender's numbers (messaging/receiving/places.h). In the
// writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"

namespace messaging::peering {

// The contact's message with the highest number that we have in the 1:1 chat.
base::Result<Heard> heard_of(const kernel::WriteContext& write, ContactId contact);

// What the contact says it heard from us: when that is unknown here, what waits for the contact is
// numbered after it. Call with everything unacknowledged waiting (store::hold_outbox).
base::Result<> check_restored(const kernel::WriteContext& write, ContactId contact,
                              const Heard& heard);

}  // namespace messaging::peering
