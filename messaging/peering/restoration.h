// Restoration: detects that one side's store was restored from an older copy, and keeps messages in
// order afterwards (decision 9, docs/protocol.md "Restored stores").
//
// A sender numbers its messages in a chat. A restored sender counts on from its copy, so that the
// receiver would sort new messages before old ones. In each handshake both sides therefore send the
// peer's message with the highest number that they have; a store that does not know that message
// was restored, and renumbers its unacknowledged messages after it. If an old session continues
// without a handshake, the receiver detects the restoration: a message that was encrypted later has
// a lower number. The receiver then shifts that sender's numbers (messaging/receiving/places.h). In
// the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"

namespace messaging::peering {

// The message with the highest number that we have from the contact in the 1:1 chat.
base::Result<LastReceived> last_received_of(const kernel::WriteContext& write, ContactId contact);

// `last_received` is our last message that the contact has. If it is unknown here, the messages
// that wait for the contact are renumbered after it. Call while all unacknowledged rows wait
// (store::hold_outbox).
base::Result<> check_restored(const kernel::WriteContext& write, ContactId contact,
                              const LastReceived& last_received);

}  // namespace messaging::peering
