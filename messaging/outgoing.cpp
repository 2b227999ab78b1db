#include "messaging/outgoing.h"

#include "crypto/random.h"
#include "crypto/stream.h"
#include "messaging/courier.h"
#include "messaging/joining.h"
#include "messaging/session_link.h"
#include "store/tables/blobs.h"
#include "store/tables/contacts.h"
#include "store/tables/outbox.h"
#include "store/tables/owed_receipts.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::OutboxKind;
using store::OutboxRow;
using store::OutboxState;

base::Result<std::int64_t> route_of(const WriteContext& write, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  if (!row.route_id) {
    return fail(Errc::invalid_argument,
                "contact " + std::to_string(contact.value) +
                    " cannot be written to: join by its invite link first (secure_join)");
  }
  return *row.route_id;
}

// Inserts a row and encrypts its payload when there is a session; otherwise it waits.
base::Result<> put(const WriteContext& write, OutboxRow row, ContactId contact) {
  EDGE_TRY(auto session, store::sending_session(write.scope, contact));
  row.state = session ? OutboxState::ready : OutboxState::waiting;
  if (session && row.kind != OutboxKind::file) {
    EDGE_TRY(row.envelope, seal_on(write.scope, *session, row.payload));
  }
  EDGE_CHECK(store::insert_outbox(write.scope, row));
  if (session) wake_courier(write, row.route_id);
  return {};
}

base::Result<TextMessage> compose(const WriteContext& write, const store::MessageRow& row) {
  TextMessage message;
  message.seq = static_cast<std::uint64_t>(row.seq);
  message.sent_at = row.sent_at;
  message.type = static_cast<Viewtype>(row.type);
  message.bot = row.is_bot;
  message.forwarded = row.is_forwarded;
  message.text = row.text;
  message.sender_name = row.sender_name;
  if (row.has_quote) {
    QuoteNote quote;
    quote.text = row.quote_text;
    if (row.quoted) {
      EDGE_TRY(const auto mark, store::find_message_mark(write.scope, *row.quoted));
      if (mark && mark->chat == row.chat) {
        quote.message = mark->uuid;
        quote.of_recipient = mark->from != kSelf;
      }
    }
    message.quote = std::move(quote);
  }
  return message;
}

}  // namespace

void wake_courier(const WriteContext& write, std::int64_t route) {
  write.tx.on_commit([courier = write.core.courier.get(), account = write.account.id, route] {
    courier->wake(account, route);
  });
}

base::Result<> queue_message(const WriteContext& write, ContactId contact,
                             const store::MessageRow& row) {
  EDGE_TRY(const std::int64_t route, route_of(write, contact));
  EDGE_TRY(TextMessage message, compose(write, row));
  const UnixMillis now = write.tx.now();
  if (row.blob_id) {
    EDGE_TRY(const store::BlobRow blob, store::load_blob(write.scope, *row.blob_id));
    FileNote file;
    file.name = blob.file_name;
    file.media_type = blob.media_type;
    file.size = blob.size;
    file.sealed_size = crypto::sealed_size(blob.size);
    file.transfer = crypto::random_array<16>();
    file.key = blob.key;
    file.hash = blob.hash;
    OutboxRow parts;
    parts.route_id = route;
    parts.contact = contact;
    parts.kind = OutboxKind::file;
    parts.message = row.id;
    parts.blob_id = blob.id;
    parts.transfer = file.transfer;
    parts.created_at = now;
    EDGE_CHECK(put(write, std::move(parts), contact));
    message.file = std::move(file);
  }
  OutboxRow out;
  out.route_id = route;
  out.contact = contact;
  out.kind = OutboxKind::message;
  out.message = row.id;
  out.uuid = row.uuid;
  out.created_at = now;
  out.payload = encode(Content{row.uuid, std::move(message)});
  return put(write, std::move(out), contact);
}

base::Result<> queue_read_receipt(const WriteContext& write, ContactId contact, const Uuid& uuid,
                                  UnixMillis at) {
  EDGE_CHECK(store::owe_receipt(write.scope, {contact, store::ReceiptKind::read, uuid, at}));
  write.tx.on_commit([courier = write.core.courier.get(), account = write.account.id, contact] {
    courier->owe(account, contact);
  });
  return {};
}

base::Result<> queue_hidden(const WriteContext& write, ContactId contact, ProtectedNote note) {
  OutboxRow out;
  EDGE_TRY(out.route_id, route_of(write, contact));
  out.contact = contact;
  out.kind = OutboxKind::message;
  out.uuid = crypto::random_array<16>();
  out.created_at = write.tx.now();
  out.payload = encode(Content{*out.uuid, std::move(note)});
  return put(write, std::move(out), contact);
}

base::Result<> queue_hello(const WriteContext& write, ContactId contact, store::SessionRow& session,
                           std::int64_t join_id) {
  EDGE_TRY(const std::int64_t route, route_of(write, contact));
  OutboxRow out;
  out.route_id = route;
  out.contact = contact;
  out.kind = OutboxKind::message;
  out.join_id = join_id;
  out.uuid = crypto::random_array<16>();
  out.created_at = write.tx.now();
  out.payload = encode(Content{*out.uuid, Hello{}});
  EDGE_TRY(out.envelope, seal_on(write.scope, session, out.payload));
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  wake_courier(write, route);
  return {};
}

base::Result<> release_waiting(const WriteContext& write, ContactId contact) {
  EDGE_TRY(const auto rows, store::waiting_outbox(write.scope, contact));
  if (rows.empty()) return {};
  EDGE_TRY(auto session, store::sending_session(write.scope, contact));
  if (!session) return {};
  for (const OutboxRow& row : rows) {
    base::Bytes envelope;
    if (row.kind != OutboxKind::file) {
      EDGE_TRY(envelope, seal_on(write.scope, *session, row.payload));
    }
    EDGE_CHECK(store::set_outbox_envelope(write.scope, row.id, envelope));
    wake_courier(write, row.route_id);
  }
  return {};
}

base::Result<bool> queue_owed_receipts(const WriteContext& write, ContactId contact) {
  EDGE_TRY(const auto owed, store::owed_receipts(write.scope, contact, kMaxReceipts));
  EDGE_TRY(auto session, store::sending_session(write.scope, contact));
  if (owed.empty() || !session) return false;
  EDGE_TRY(const std::int64_t route, route_of(write, contact));
  Receipts receipts;
  for (const store::OwedReceipt& receipt : owed) {
    receipts.notes.push_back({static_cast<std::uint8_t>(receipt.kind), receipt.uuid, receipt.at});
    EDGE_CHECK(store::settle_receipt(write.scope, receipt));
  }
  OutboxRow out;
  out.route_id = route;
  out.contact = contact;
  out.kind = OutboxKind::receipts;
  out.created_at = write.tx.now();
  out.payload = encode(Content{crypto::random_array<16>(), std::move(receipts)});
  EDGE_TRY(out.envelope, seal_on(write.scope, *session, out.payload));
  out.payload.clear();
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  wake_courier(write, route);
  return true;
}

base::Result<> deposited(const WriteContext& write, const OutboxRow& row, std::uint32_t parts_until,
                         std::uint32_t parts) {
  switch (row.kind) {
    case OutboxKind::join_request:
      EDGE_CHECK(store::delete_outbox(write.scope, row.id));
      return join_requested(write, row.join_id);
    case OutboxKind::join_answer:
    case OutboxKind::receipts:
      return store::delete_outbox(write.scope, row.id);
    case OutboxKind::file:
      if (parts_until < parts) {
        return store::set_outbox_next_part(write.scope, row.id, parts_until);
      }
      return store::set_outbox_deposited(write.scope, row.id, write.tx.now());
    case OutboxKind::message:
      break;
  }
  EDGE_CHECK(store::set_outbox_deposited(write.scope, row.id, write.tx.now()));
  if (!row.message) return {};
  EDGE_TRY(const bool all, store::outbox_all_deposited(write.scope, *row.message));
  return all ? note_delivered(write, *row.message) : base::Result<>{};
}

base::Result<> note_delivered(const WriteContext& write, MsgId message) {
  EDGE_TRY(const bool changed,
           store::set_message_state(write.scope, message,
                                    static_cast<std::uint32_t>(MsgState::out_delivered)));
  if (!changed) return {};
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
  return mark ? write.emit(MsgDelivered{mark->chat, message}) : base::Result<>{};
}

base::Result<> expire_outbox(const WriteContext& write, UnixMillis before) {
  EDGE_TRY(const auto rows, store::expired_outbox(write.scope, before));
  for (const OutboxRow& row : rows) {
    EDGE_CHECK(store::delete_outbox(write.scope, row.id));
    if (!row.message) continue;
    EDGE_CHECK(store::delete_outbox_of_message(write.scope, *row.message));
    EDGE_TRY(auto message, store::find_message(write.scope, *row.message));
    if (!message) continue;
    message->error = "The recipient's device did not acknowledge the message in 14 days.";
    EDGE_CHECK(store::update_message(write.scope, *message));
    EDGE_CHECK(store::set_message_state(write.scope, message->id,
                                        static_cast<std::uint32_t>(MsgState::out_failed)));
    EDGE_CHECK(write.emit(MsgFailed{message->chat, message->id}));
  }
  return {};
}

}  // namespace messaging
