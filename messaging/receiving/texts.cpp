// Texts of a contact (kind 2): a message in the chat with it.
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/chats/message_refs.h"
#include "messaging/chats/received_row.h"
#include "messaging/chats/requests.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/chats/webxdc_rules.h"
#include "messaging/model/text_content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/device_texts.h"
#include "messaging/receiving/places.h"
#include "messaging/receiving/protected_receiving.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::receiving {
namespace {

base::Result<> take_quote(const kernel::WriteContext& write, ContactId from, const QuoteNote& quote,
                          store::MessageRow& row) {
  if (!quote.message) return {};
  EDGE_TRY(const auto quoted, chats::find_referred(write.scope, *quote.message, from));
  if (quoted && quoted->chat == row.chat) row.quoted = quoted->id;
  return {};
}

}  // namespace

base::Result<bool> apply(const Received& received, const TextMessage& text) {
  const auto& [write, sender, uuid, transfer, whole] = received;
  const store::ContactRow& contact = sender.contact;
  EDGE_CHECK(outbox::acknowledge(write, contact.id, uuid));
  write.core.steady->compare_contact(text.sent_at);
  EDGE_TRY(const auto had, store::find_message_by_uuid(write.scope, contact.id, uuid));
  EDGE_TRY(const bool deleted, chats::was_deleted(write.scope, contact.id, uuid, write.tx.now()));
  if (had || deleted) return true;  // before its file is adopted once more
  EDGE_TRY(store::ChatRow chat, chats::ensure_chat_of_sender(write.tx, write.scope, contact));
  EDGE_CHECK(chats::take_timer(write, chat, contact, text.timer));
  EDGE_TRY(const std::uint64_t place, place_of(write, sender, {text.seq, uuid}));
  store::MessageRow row = chats::received_row(contact.id, uuid, text);
  row.chat = chat.id;
  row.encrypted = sender.encrypted;
  row.seq = static_cast<std::int64_t>(place);
  if (text.quote) EDGE_CHECK(take_quote(write, contact.id, *text.quote, row));
  if (text.file && transfer) {
    EDGE_TRY(row.blob_id, chats::adopt_file(write, *text.file, *transfer));
  }
  EDGE_CHECK(chats::check_type(write, row));
  EDGE_TRY(const auto id, chats::insert_incoming(write.tx, write.scope, chat, row));
  if (!id) return true;
  row.id = *id;
  EDGE_CHECK(note_container_arrived(write, row));
  EDGE_CHECK(chats::apply_waiting_webxdc_updates(write, chat, row));
  EDGE_CHECK(note_device_text(write, chat, row));
  return true;
}

}  // namespace messaging::receiving
