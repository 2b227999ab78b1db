#include "messaging/peering/restoration.h"

#include "base/log.h"
#include "messaging/model/content.h"
#include "store/tables/chats.h"
#include "store/tables/last_places.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

namespace messaging::peering {
namespace {

constexpr std::size_t kBatch = 256;
constexpr std::size_t kBatchBytes = 1024 * 1024;

}  // namespace

base::Result<LastReceived> last_received_of(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const store::LastPlaceRow row, store::load_last_place(write.scope, contact));
  return LastReceived{static_cast<std::uint64_t>(row.seq), row.uuid};
}

base::Result<> check_restored(const kernel::WriteContext& write, ContactId contact,
                              const LastReceived& last_received) {
  if (last_received.seq == 0) return {};
  EDGE_TRY(const bool known, store::has_message_uuid(write.scope, kSelf, last_received.uuid));
  EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, kSelf, last_received.uuid));
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, contact));
  if (known || deleted || !chat) return {};
  base::log::warning(
      "account {}: contact {} has messages that this store does not know: it was "
      "restored from an older copy; what was sent in between is not in it",
      write.account.id.value, contact.value);
  EDGE_CHECK(
      store::raise_send_seq(write.scope, chat->id, static_cast<std::int64_t>(last_received.seq)));
  std::int64_t after = 0;
  for (;;) {
    EDGE_TRY(auto rows, store::waiting_outbox(write.scope, contact, after, kBatch, kBatchBytes));
    if (rows.empty()) return {};
    for (store::OutboxRow& row : rows) {
      after = row.id;
      if (row.kind != store::OutboxKind::message || !row.message) continue;
      auto content = decode_content(row.payload);
      auto* text = content ? std::get_if<TextMessage>(&content->body) : nullptr;
      if (text == nullptr) continue;
      EDGE_TRY(const std::int64_t seq, store::next_send_seq(write.scope, chat->id));
      text->seq = static_cast<std::uint64_t>(seq);
      row.payload = encode(*content);
      EDGE_CHECK(store::set_outbox_payload(write.scope, row));
    }
  }
}

}  // namespace messaging::peering
