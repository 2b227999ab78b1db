#include "messaging/receiving.h"

#include "crypto/ratchet.h"
#include "messaging/chat_rules.h"
#include "messaging/courier.h"
#include "messaging/joining.h"
#include "messaging/outgoing.h"
#include "messaging/protected_receiving.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/owed_receipts.h"
#include "store/tables/receipts.h"
#include "store/tables/transfers.h"

namespace messaging {
namespace {

using base::Errc;

std::uint32_t number(MsgState state) { return static_cast<std::uint32_t>(state); }

// Whether every part of a file is here.
base::Result<std::optional<store::TransferRow>> arrived_file(const WriteContext& write,
                                                             const FileNote& file) {
  EDGE_TRY(auto transfer, store::find_transfer(write.scope, file.transfer));
  if (!transfer || transfer->size != file.sealed_size) return std::nullopt;
  EDGE_TRY(const std::int64_t parts, store::count_parts(write.scope, file.transfer));
  if (parts < static_cast<std::int64_t>(part_count(file.sealed_size))) return std::nullopt;
  return transfer;
}

base::Result<std::int64_t> adopt_file(const WriteContext& write, const FileNote& file,
                                      const store::TransferRow& transfer) {
  store::BlobRow blob;
  EDGE_TRY(blob.id, write.tx.next_id(write.account.id, "blob"));
  blob.name = transfer.name;
  blob.size = file.size;
  blob.created_at = write.tx.now();
  blob.key = file.key;
  blob.file_name = file.name;
  blob.media_type = file.media_type;
  blob.hash = file.hash;
  EDGE_CHECK(store::insert_blob(write.scope, blob));
  EDGE_CHECK(store::delete_transfer(write.scope, transfer.id));
  return blob.id;
}

base::Result<> take_quote(const WriteContext& write, ContactId from, const QuoteNote& quote,
                          store::MessageRow& row) {
  row.has_quote = true;
  row.quote_text = quote.text;
  if (!quote.message) return {};
  EDGE_TRY(const auto quoted, store::find_message_by_uuid(
                                  write.scope, quote.of_recipient ? kSelf : from, *quote.message));
  if (quoted && quoted->chat == row.chat) row.quoted = quoted->id;
  return {};
}

base::Result<> take_text(const WriteContext& write, const store::ContactRow& contact,
                         const Uuid& uuid, const TextMessage& text,
                         const std::optional<store::TransferRow>& transfer) {
  EDGE_CHECK(acknowledge(write, contact.id, uuid));
  write.core.timekeeper.heard(text.sent_at);
  EDGE_TRY(const auto had, store::find_message_by_uuid(write.scope, contact.id, uuid));
  EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, contact.id, uuid));
  if (had || deleted) return {};  // before its file is adopted once more
  EDGE_TRY(const store::ChatRow chat,
           ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));
  store::MessageRow row;
  row.chat = chat.id;
  row.from = contact.id;
  row.uuid = uuid;
  row.type = static_cast<std::uint8_t>(text.type);
  row.is_bot = text.bot;
  row.is_forwarded = text.forwarded;
  row.encrypted = true;
  row.seq = static_cast<std::int64_t>(text.seq);
  row.sent_at = text.sent_at;
  row.text = text.text;
  row.sender_name = text.sender_name;
  if (text.quote) EDGE_CHECK(take_quote(write, contact.id, *text.quote, row));
  if (text.file && transfer) {
    EDGE_TRY(row.blob_id, adopt_file(write, *text.file, *transfer));
  }
  EDGE_TRY(const auto id, insert_incoming(write.tx, write.scope, chat, row));
  if (!id) return {};
  row.id = *id;
  return note_container_arrived(write, row);
}

// The recipient's device has it: the outbox lets go of it.
base::Result<> take_arrival(const WriteContext& write, ContactId contact, const Uuid& uuid) {
  EDGE_TRY(const auto row, store::find_outbox_by_uuid(write.scope, contact, uuid));
  if (!row) return {};
  EDGE_CHECK(store::delete_outbox(write.scope, row->id));
  if (row->join_id != 0) EDGE_CHECK(join_confirmed(write, row->join_id));
  if (!row->message) return {};
  EDGE_CHECK(store::delete_outbox_of_message(write.scope, *row->message));
  return note_delivered(write, *row->message);
}

base::Result<> take_read(const WriteContext& write, ContactId contact, const ReceiptNote& note) {
  EDGE_TRY(const auto message, store::find_message_by_uuid(write.scope, kSelf, note.uuid));
  if (!message) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, message->chat));
  if (chat.contact != contact) return {};  // not a message this contact was sent
  EDGE_CHECK(take_arrival(write, contact, note.uuid));
  EDGE_TRY(const bool first, store::insert_receipt(write.scope, message->id, contact, note.at));
  if (!first) return {};
  EDGE_TRY(const bool changed,
           store::set_message_state(write.scope, message->id, number(MsgState::out_read)));
  return changed ? write.emit(MsgRead{message->chat, message->id}) : base::Result<>{};
}

base::Result<> take_receipts(const WriteContext& write, ContactId contact,
                             const Receipts& receipts) {
  for (const ReceiptNote& note : receipts.notes) {
    write.core.timekeeper.heard(note.at);
    if (note.kind == static_cast<std::uint8_t>(store::ReceiptKind::arrived)) {
      EDGE_CHECK(take_arrival(write, contact, note.uuid));
    } else if (note.kind == static_cast<std::uint8_t>(store::ReceiptKind::read)) {
      EDGE_CHECK(take_read(write, contact, note));
    }
  }
  return {};
}

}  // namespace

base::Result<> acknowledge(const WriteContext& write, ContactId contact, const Uuid& uuid) {
  EDGE_CHECK(store::owe_receipt(write.scope,
                                {contact, store::ReceiptKind::arrived, uuid, write.tx.now()}));
  write.tx.on_commit([courier = write.core.courier.get(), account = write.account.id, contact] {
    courier->owe(account, contact);
  });
  return {};
}

base::Result<Reception> receive_message(const WriteContext& write, store::SessionRow& session,
                                        base::ByteView body) {
  // Opened on a copy: the step is kept only when the content is taken.
  EDGE_TRY(auto ratchet, crypto::Ratchet::load(session.ratchet));
  store::SkippedKeyTable table(write.scope, session.id);
  store::DeferredSkippedKeys skipped(table);
  const auto plain = ratchet.decrypt(body, session.handshake_hash, skipped);
  Reception reception;
  if (!plain) {
    if (plain.error().code != Errc::sealed) return plain.error();
    return reception;
  }
  const auto content = decode_content(*plain);
  const bool unproven = session.state == store::SessionState::unproven;

  std::optional<store::TransferRow> transfer;
  const auto* text = content ? std::get_if<TextMessage>(&content->body) : nullptr;
  if (text && text->file) {
    EDGE_TRY(transfer, arrived_file(write, *text->file));
    if (!transfer) {
      reception.outcome = Reception::Outcome::not_yet;
      return reception;
    }
  }
  EDGE_CHECK(skipped.apply());
  session.ratchet = ratchet.save();
  EDGE_CHECK(store::update_session(write.scope, session));
  reception.outcome = Reception::Outcome::taken;
  if (unproven) {  // whatever opens shows that the joiner holds the invite's secret
    EDGE_CHECK(prove_joiner(write, session));
    reception.session_began = true;
  }
  if (!content) return reception;  // opened, but of no form we know: it will never be better
  const ContactId from = *session.contact;
  EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, from));
  if (contact.blocked) return reception;
  EDGE_CHECK(store::touch_last_seen(write.scope, from, write.tx.now()));
  if (contact.route_id) {
    write.tx.on_commit([courier = write.core.courier.get(), account = write.account.id,
                        route = *contact.route_id] { courier->heard(account, route); });
  }
  if (const auto* receipts = std::get_if<Receipts>(&content->body)) {
    EDGE_CHECK(take_receipts(write, from, *receipts));
    return reception;
  }
  reception.seen = {from, content->uuid};
  if (text) {
    EDGE_CHECK(take_text(write, contact, content->uuid, *text, transfer));
  } else {
    EDGE_CHECK(acknowledge(write, from, content->uuid));
    if (const auto* note = std::get_if<ProtectedNote>(&content->body)) {
      EDGE_CHECK(take_protected(write, from, *note));
    }
  }
  return reception;
}

}  // namespace messaging
