#include "messaging/outbox/outgoing.h"

#include <algorithm>
#include <span>

#include "crypto/random.h"
#include "crypto/stream.h"
#include "messaging/kernel/progress.h"
#include "messaging/kernel/protocol.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_receipts.h"

namespace messaging::outbox {
namespace {

using base::Errc;
using base::fail;
using store::OutboxKind;
using store::OutboxRow;
using store::OutboxState;

base::Result<std::int64_t> route_of(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  if (!row.route_id) {
    return fail(Errc::invalid_argument,
                "contact " + std::to_string(contact.value) +
                    " cannot be written to: join by its invite link first (secure_join)");
  }
  return *row.route_id;
}

constexpr std::size_t kSlice = 256;  // rows prepared in one transaction
constexpr std::size_t kSliceBytes = 1024 * 1024;
constexpr base::Millis kPlaceLifetime = 3'600'000;

// Kept for a content that is not made yet.
bool is_place(const OutboxRow& row) {
  return row.kind == OutboxKind::message && row.state == OutboxState::waiting &&
         row.payload.empty();
}

// The contact's row of this uuid, if nothing was made of it yet.
base::Result<std::optional<OutboxRow>> find_waiting(const kernel::WriteContext& write,
                                                    ContactId contact, const Uuid& uuid) {
  EDGE_TRY(auto row, store::find_outbox_by_uuid(write.scope, contact, uuid));
  if (row && row->state != OutboxState::waiting) row.reset();
  return row;
}

OutboxRow row_for(const kernel::WriteContext& write, const store::ContactRow& peer, OutboxKind kind,
                  std::optional<MsgId> message) {
  OutboxRow row;
  row.route_id = peer.route_id.value_or(0);
  row.contact = peer.id;
  row.kind = kind;
  row.message = message;
  row.created_at = write.steady();
  return row;
}

// Inserts a row. With a session with the contact the row is prepared at once; otherwise, or when
// other rows of the contact wait already, it waits behind them.
base::Result<> put(const kernel::WriteContext& write, OutboxRow row, ContactId contact) {
  EDGE_TRY(const bool queue, store::has_waiting_outbox(write.scope, contact));
  bool now = false;
  if (!queue) {
    EDGE_TRY(now, write.protocol().prepare(write, contact, std::span(&row, 1)));
  }
  row.state = now ? OutboxState::ready : OutboxState::waiting;
  EDGE_CHECK(store::insert_outbox(write.scope, row));
  if (!now) return write.protocol().want_link(write, contact);
  wake_courier(write, row.route_id);
  return {};
}

}  // namespace

base::Result<TextMessage> compose_text(const kernel::WriteContext& write,
                                       const store::MessageRow& row, chats::Among among) {
  TextMessage message;
  message.seq = static_cast<std::uint64_t>(row.seq);
  message.sent_at = row.sent_at;
  message.type = row.type;
  message.bot = row.is_bot;
  message.forwarded = row.is_forwarded;
  message.text = row.text;
  message.sender_name = row.sender_name;
  message.timer.seconds = row.timer;
  EDGE_TRY(const auto chat, store::find_chat(write.scope, row.chat));
  // Of a message that is sent again the chat's timer may be another by now.
  if (chat && chat->timer == row.timer) {
    message.timer.number = static_cast<std::uint64_t>(chat->timer_number);
  }
  if (row.has_quote) {
    QuoteNote quote;
    quote.text = row.quote_text;
    if (row.quoted) {
      EDGE_TRY(const auto mark, store::find_message_mark(write.scope, *row.quoted));
      if (mark && mark->chat == row.chat) {
        EDGE_TRY(quote.message, chats::ref_to(write.scope, *mark, among));
      }
    }
    message.quote = std::move(quote);
  }
  return message;
}

void wake_courier(const kernel::WriteContext& write, std::int64_t route) {
  write.signal(&kernel::Signals::route_ready, route);
}

base::Result<FileNote> queue_file(const kernel::WriteContext& write, ContactId contact,
                                  std::optional<MsgId> message, std::int64_t blob_id) {
  EDGE_TRY(const store::BlobRow blob, store::load_blob(write.scope, blob_id));
  EDGE_TRY(const store::ContactRow peer, store::load_contact(write.scope, contact));
  FileNote file;
  file.name = blob.file_name;
  file.media_type = blob.media_type;
  file.size = blob.size;
  file.sealed_size = crypto::sealed_size(blob.size);
  file.transfer = crypto::random_array<16>();
  file.key = blob.key;
  file.hash = blob.hash;
  OutboxRow parts = row_for(write, peer, OutboxKind::file, message);
  parts.blob_id = blob.id;
  parts.transfer = file.transfer;
  EDGE_CHECK(put(write, std::move(parts), contact));
  return file;
}

base::Result<> queue_content(const kernel::WriteContext& write, ContactId contact,
                             const Content& content, std::optional<MsgId> message) {
  EDGE_TRY(const store::ContactRow peer, store::load_contact(write.scope, contact));
  OutboxRow out = row_for(write, peer, OutboxKind::message, message);
  out.uuid = content.uuid;
  out.payload = encode(content);
  return put(write, std::move(out), contact);
}

base::Result<> reserve_place(const kernel::WriteContext& write, ContactId contact,
                             const Uuid& uuid) {
  EDGE_TRY(const store::ContactRow peer, store::load_contact(write.scope, contact));
  OutboxRow row = row_for(write, peer, OutboxKind::message, std::nullopt);
  row.uuid = uuid;
  row.state = OutboxState::waiting;
  EDGE_CHECK(store::insert_outbox(write.scope, row));
  return {};
}

base::Result<> fill_place(const kernel::WriteContext& write, ContactId contact,
                          const Content& content) {
  EDGE_TRY(auto row, find_waiting(write, contact, content.uuid));
  if (!row) return queue_content(write, contact, content);
  row->payload = encode(content);
  EDGE_CHECK(store::set_outbox_payload(write.scope, *row));
  return release_waiting(write, contact);
}

base::Result<> give_up_place(const kernel::WriteContext& write, ContactId contact,
                             const Uuid& uuid) {
  EDGE_TRY(const auto row, find_waiting(write, contact, uuid));
  if (!row) return {};
  EDGE_CHECK(store::delete_outbox(write.scope, row->id));
  return release_waiting(write, contact);
}

base::Result<bool> queue_passing(const kernel::WriteContext& write, ContactId contact,
                                 const Content& content) {
  constexpr std::int64_t kMostPassing = 64;  // to one contact
  EDGE_TRY(const store::PassingRows waiting, store::passing_outbox(write.scope, contact));
  if (waiting.count >= kMostPassing ||
      (waiting.count > 0 && waiting.oldest < write.steady() - kPassing)) {
    EDGE_CHECK(store::delete_passing_outbox(write.scope, contact));
    return false;
  }
  EDGE_TRY(const store::ContactRow peer, store::load_contact(write.scope, contact));
  if (!peer.route_id) return false;
  EDGE_TRY(const bool behind, store::has_waiting_outbox(write.scope, contact));
  if (behind) return false;
  OutboxRow row = row_for(write, peer, OutboxKind::passing, std::nullopt);
  row.payload = encode(content);
  EDGE_TRY(const bool linked, write.protocol().prepare(write, contact, std::span(&row, 1)));
  if (!linked) return false;
  row.payload.clear();  // it goes in this session or not at all
  EDGE_CHECK(store::insert_outbox(write.scope, row));
  wake_courier(write, row.route_id);
  return true;
}

base::Result<> queue_message(const kernel::WriteContext& write, ContactId contact,
                             const store::MessageRow& row) {
  EDGE_CHECK(route_of(write, contact));
  EDGE_TRY(TextMessage message, compose_text(write, row, chats::Among::two));
  if (row.blob_id) {
    EDGE_TRY(message.file, queue_file(write, contact, row.id, *row.blob_id));
  }
  return queue_content(write, contact, Content{row.uuid, std::move(message)}, row.id);
}

void queue_receipts_soon(const kernel::WriteContext& write, ContactId contact) {
  write.signal(&kernel::Signals::receipts_pending, contact);
}

base::Result<> acknowledge(const kernel::WriteContext& write, ContactId contact, const Uuid& uuid) {
  if (!write.protocol().abilities().acknowledges) return {};
  EDGE_CHECK(store::add_pending_receipt(
      write.scope, {contact, store::ReceiptKind::arrived, uuid, write.tx.now()}));
  queue_receipts_soon(write, contact);
  return {};
}

base::Result<> queue_read_receipt(const kernel::WriteContext& write, ContactId contact,
                                  const Uuid& uuid, UnixMillis at) {
  EDGE_CHECK(
      store::add_pending_receipt(write.scope, {contact, store::ReceiptKind::read, uuid, at}));
  queue_receipts_soon(write, contact);
  return {};
}

base::Result<> release_waiting(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(auto rows, store::waiting_outbox(write.scope, contact, 0, kSlice, kSliceBytes));
  const auto place = std::find_if(rows.begin(), rows.end(), is_place);
  if (place != rows.end() && place->created_at < write.steady() - kPlaceLifetime) {
    EDGE_CHECK(store::delete_outbox(write.scope, place->id));
    return release_waiting(write, contact);
  }
  rows.erase(place, rows.end());
  if (rows.empty()) return {};
  EDGE_TRY(const bool linked, write.protocol().prepare(write, contact, rows));
  if (!linked) return {};
  for (const OutboxRow& row : rows) EDGE_CHECK(store::set_outbox_ready(write.scope, row));
  wake_courier(write, rows.front().route_id);
  write.signal(&kernel::Signals::link_usable, contact);
  return {};
}

base::Result<bool> queue_pending_receipts(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const auto pending, store::pending_receipts(write.scope, contact, kMaxReceipts));
  if (pending.empty()) return false;
  Receipts receipts;
  for (const store::PendingReceipt& receipt : pending) {
    receipts.notes.push_back({receipt.kind, {receipt.uuid, true}, receipt.at});
  }
  OutboxRow out;
  out.contact = contact;
  out.kind = OutboxKind::receipts;
  out.created_at = write.steady();
  out.payload = encode(Content{crypto::random_array<16>(), std::move(receipts)});
  EDGE_TRY(const bool linked, write.protocol().prepare(write, contact, std::span(&out, 1)));
  if (!linked) return false;
  EDGE_TRY(out.route_id, route_of(write, contact));
  for (const store::PendingReceipt& receipt : pending) {
    EDGE_CHECK(store::settle_receipt(write.scope, receipt, write.steady()));
  }
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  wake_courier(write, out.route_id);
  if (pending.size() == kMaxReceipts) queue_receipts_soon(write, contact);
  return true;
}

base::Result<> stored_there(const kernel::WriteContext& write, const OutboxRow& row,
                            std::uint32_t parts_until, std::uint32_t parts) {
  if (row.kind == OutboxKind::file) {
    EDGE_CHECK(kernel::emit_progress(write, row.next_part, parts_until, parts, row.message));
    if (parts_until < parts) return store::set_outbox_next_part(write.scope, row, parts_until);
    EDGE_CHECK(store::set_outbox_stored(write.scope, row, write.steady()));
    return {};
  }
  EDGE_TRY(const bool held, store::set_outbox_stored(write.scope, row, write.steady()));
  const bool done = row.kind == OutboxKind::receipts || row.kind == OutboxKind::passing;
  if (held && done) return store::delete_outbox(write.scope, row.id);
  if (!held || !row.message) return {};
  EDGE_TRY(const bool all, store::outbox_all_stored(write.scope, *row.message));
  return all ? note_delivered(write, *row.message) : base::Result<>{};
}

base::Result<> note_delivered(const kernel::WriteContext& write, MsgId message) {
  EDGE_TRY(const bool changed,
           store::set_message_state(write.scope, message, MsgState::out_delivered));
  if (!changed) return {};
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
  return mark ? write.emit(MsgDelivered{mark->chat, message}) : base::Result<>{};
}

}  // namespace messaging::outbox
