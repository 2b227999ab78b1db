#include "messaging/chats/saved_copies.h"

#include "messaging/chats/chat_rules.h"

namespace messaging::chats {

bool can_be_copied(const store::MessageRow& original) {
  return original.state != MsgState::out_draft && !original.is_info &&
         original.type != Viewtype::call;
}

base::Result<> save_copy(const kernel::WriteContext& write, const store::ChatRow& saved,
                         const store::MessageRow& original, const Uuid& uuid) {
  store::MessageRow row;
  row.chat = saved.id;
  row.from = original.from;
  row.uuid = uuid;
  row.state = original.from == kSelf ? MsgState::out_delivered : MsgState::in_seen;
  row.type = original.type;
  row.is_bot = original.is_bot;
  row.is_edited = original.is_edited;
  row.is_forwarded = original.is_forwarded;
  row.encrypted = original.encrypted;
  row.text = original.text;
  row.sender_name = original.sender_name;
  row.blob_id = original.blob_id;
  row.received_at = original.received_at;
  row.original = original.id;
  EDGE_CHECK(insert_own(write.tx, write.scope, row));
  EDGE_CHECK(write.emit(MsgsChanged{original.chat, original.id}));
  return emit_changed(write.tx, write.account.id, saved.id, row.id);
}

}  // namespace messaging::chats
