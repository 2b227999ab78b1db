// Outgoing: from a message's row to what waits in the outbox, and what becomes of it there. How it
// is encrypted and carried is the protocol's (messaging/kernel/protocol.h). Every function runs in
// the writer's transaction and leaves nothing behind when it fails.
#pragma once

#include "base/result.h"
#include "messaging/chats/message_refs.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

namespace messaging::outbox {

// Puts a message of ours (its row is inserted, state out_pending) into the outbox: encrypted when
// there is a link with the contact, else waiting for one; its file before it.
base::Result<> queue_message(const kernel::WriteContext& write, ContactId contact,
                             const store::MessageRow& row);

// The parts of a message: what it says, a file that goes before it, and any content, kept until the
// contact acknowledged it. A contact whom nobody knows how to reach yet has them wait. `message` is
// the message of a chat whose delivery they are part of.
base::Result<TextMessage> compose_text(const kernel::WriteContext& write,
                                       const store::MessageRow& row, chats::Among among);
base::Result<FileNote> queue_file(const kernel::WriteContext& write, ContactId contact,
                                  std::optional<MsgId> message, std::int64_t blob_id);
base::Result<> queue_content(const kernel::WriteContext& write, ContactId contact,
                             const Content& content, std::optional<MsgId> message = std::nullopt);

// Owes the contact the news that its message arrived here, or that we read it.
base::Result<> acknowledge(const kernel::WriteContext& write, ContactId contact, const Uuid& uuid);
base::Result<> queue_read_receipt(const kernel::WriteContext& write, ContactId contact,
                                  const Uuid& uuid, UnixMillis at);

// What the contact is owed goes out together a moment after the commit.
void tell_receipts_soon(const kernel::WriteContext& write, ContactId contact);

// What waits for a link is encrypted, in order; a long queue in slices, a transaction each.
base::Result<> release_waiting(const kernel::WriteContext& write, ContactId contact);

// Composes and queues the receipts owed to a contact; false when there is nothing to tell, or no
// link yet.
base::Result<bool> queue_owed_receipts(const kernel::WriteContext& write, ContactId contact);

// The other side holds what this row of content was; of a file, its parts before `parts_until` of
// `parts`. Once nothing of a message waits any more, it is delivered.
base::Result<> stored_there(const kernel::WriteContext& write, const store::OutboxRow& row,
                            std::uint32_t parts_until = 0, std::uint32_t parts = 0);

// State delivered and its event, once.
base::Result<> note_delivered(const kernel::WriteContext& write, MsgId message);

// After the commit the courier looks at this route.
void wake_courier(const kernel::WriteContext& write, std::int64_t route);

}  // namespace messaging::outbox
