// Receipts (kind 3): delete acknowledged rows of the outbox, and mark messages as read.
#include "store/tables/receipts.h"

#include <span>

#include "messaging/chats/message_refs.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/receipt_content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_receipts.h"

namespace messaging::receiving {
namespace {

constexpr std::size_t kNotesInWrite = 64;

// The recipient's device has the message: deletes its outbox row.
base::Result<> take_arrival(const kernel::WriteContext& write, ContactId contact,
                            const Uuid& uuid) {
  EDGE_TRY(const auto row, store::find_outbox_by_uuid(write.scope, contact, uuid));
  if (!row) return {};
  EDGE_CHECK(store::delete_outbox(write.scope, row->id));
  EDGE_CHECK(write.protocol().acknowledged(write, *row));
  if (!row->message) return {};
  EDGE_CHECK(store::delete_outbox_to(write.scope, *row->message, contact));
  EDGE_TRY(const bool all, store::outbox_all_stored(write.scope, *row->message));
  return all ? outbox::note_delivered(write, *row->message) : base::Result<>{};
}

base::Result<> take_read(const kernel::WriteContext& write, ContactId contact,
                         const ReceiptNote& note) {
  EDGE_TRY(const auto message, chats::find_referred(write.scope, note.message, contact));
  if (!message) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, message->chat));
  // Only if the message was sent to this contact.
  EDGE_TRY(const auto member, store::find_member(write.scope, chat.id, contact));
  if (chat.contact != contact && !member) return {};
  EDGE_CHECK(take_arrival(write, contact, note.message.uuid));
  EDGE_TRY(const bool first, store::insert_receipt(write.scope, message->id, contact, note.at));
  if (!first) return {};
  EDGE_TRY(const bool changed,
           store::set_message_state(write.scope, message->id, MsgState::out_read));
  if (changed) EDGE_CHECK(write.emit(MsgRead{message->chat, message->id}));
  return write.emit(MsgReadCountChanged{message->chat, message->id});
}

std::span<const ReceiptNote> notes_after(const Receipts& receipts, std::size_t taken) {
  const std::span<const ReceiptNote> notes(receipts.notes);
  return taken <= notes.size() ? notes.subspan(taken) : std::span<const ReceiptNote>();
}

base::Result<> take_all(const kernel::WriteContext& write, ContactId contact,
                        std::span<const ReceiptNote> notes) {
  for (const ReceiptNote& note : notes) {
    write.core.steady->compare_contact(note.at);
    if (note.kind == store::ReceiptKind::arrived) {
      EDGE_CHECK(take_arrival(write, contact, note.message.uuid));
    } else if (note.kind == store::ReceiptKind::read) {
      EDGE_CHECK(take_read(write, contact, note));
    }
  }
  return {};
}

}  // namespace

base::Result<bool> apply(const Received& received, const Receipts& receipts) {
  const Sender& sender = received.sender;
  EDGE_CHECK(take_all(received.write, sender.contact.id, notes_after(receipts, sender.taken)));
  return false;
}

// A note that was applied before changes nothing.
base::Result<Portion> apply_some(const Received& received, const Receipts& receipts) {
  const Sender& sender = received.sender;
  const auto notes = notes_after(receipts, sender.taken);
  if (!sender.proven || sender.contact.blocked || notes.size() <= kNotesInWrite) return Portion{};
  EDGE_CHECK(take_all(received.write, sender.contact.id, notes.first(kNotesInWrite)));
  return Portion{Portion::Left::more, sender.taken + kNotesInWrite};
}

}  // namespace messaging::receiving
