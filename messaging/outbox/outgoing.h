// Outgoing: queues messages and other contents in the outbox, and records their delivery. The
// protocol (messaging/kernel/protocol.h) encrypts and sends them. Every function runs in the
// writer's transaction and leaves nothing behind when it fails.
#pragma once

#include "base/result.h"
#include "messaging/chats/message_refs.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

namespace messaging::outbox {

// Queues a message of ours (its row is inserted, state out_pending) and, before it, its file:
// encrypted when there is a session with the contact, else waiting for one.
base::Result<> queue_message(const kernel::WriteContext& write, ContactId contact,
                             const store::MessageRow& row);

// The steps of queue_message(): compose the content, queue the file, queue any content. Rows stay
// until the contact acknowledges them, and wait while the contact has no route. `message` is the
// chat message whose delivery they belong to.
base::Result<TextMessage> compose_text(const kernel::WriteContext& write,
                                       const store::MessageRow& row, chats::Among among);
base::Result<FileNote> queue_file(const kernel::WriteContext& write, ContactId contact,
                                  std::optional<MsgId> message, std::int64_t blob_id);
base::Result<> queue_content(const kernel::WriteContext& write, ContactId contact,
                             const Content& content, std::optional<MsgId> message = std::nullopt);

// Keeps a place for a content of this uuid that is made later: what is queued for the contact
// meanwhile waits behind it. A place that is not filled in an hour is given up.
base::Result<> reserve_place(const kernel::WriteContext& write, ContactId contact,
                             const Uuid& uuid);
// Queues the content in its place; where that is gone, behind what is queued.
base::Result<> fill_place(const kernel::WriteContext& write, ContactId contact,
                          const Content& content);
base::Result<> give_up_place(const kernel::WriteContext& write, ContactId contact,
                             const Uuid& uuid);

// Queues a content that is dropped unless it is deposited within kPassing. False: the contact
// cannot be reached now, and what was queued for it before is dropped as well.
inline constexpr base::Millis kPassing = 10'000;
base::Result<bool> queue_passing(const kernel::WriteContext& write, ContactId contact,
                                 const Content& content);

// Records a pending receipt for the contact: its message arrived here (where the protocol
// acknowledges that), or was read.
base::Result<> acknowledge(const kernel::WriteContext& write, ContactId contact, const Uuid& uuid);
base::Result<> queue_read_receipt(const kernel::WriteContext& write, ContactId contact,
                                  const Uuid& uuid, UnixMillis at);

// The contact's pending receipts are sent together a moment after the commit.
void queue_receipts_soon(const kernel::WriteContext& write, ContactId contact);

// Prepares the rows that wait for a session, in order; a long queue in slices, one transaction
// each.
base::Result<> release_waiting(const kernel::WriteContext& write, ContactId contact);

// Composes and queues the pending receipts for a contact. False: there are none, or there is no
// session yet.
base::Result<bool> queue_pending_receipts(const kernel::WriteContext& write, ContactId contact);

// The other side has stored this row: a content, or of a file the parts before `parts_until` of
// `parts`. Once no row of a message waits any more, the message is delivered.
base::Result<> stored_there(const kernel::WriteContext& write, const store::OutboxRow& row,
                            std::uint32_t parts_until = 0, std::uint32_t parts = 0);

// Sets the state delivered and emits its event, once.
base::Result<> note_delivered(const kernel::WriteContext& write, MsgId message);

// Wakes the courier for this route after the commit.
void wake_courier(const kernel::WriteContext& write, std::int64_t route);

}  // namespace messaging::outbox
