#include "messaging/api/chat_sending.h"

#include <fmt/format.h>

#include <string_view>

#include "crypto/random.h"
#include "messaging/chats/abilities.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/message_refs.h"
#include "messaging/groups/giving_up.h"
#include "messaging/groups/group_sending.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/content.h"
#include "messaging/model/types.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_sending.h"
#include "store/tables/blobs.h"

namespace messaging {

base::Result<> check_can_send(const store::Scope& scope, const kernel::AccountState& account,
                              const store::ChatRow& chat) {
  const bool single = chat.type == ChatType::single;
  const auto no = [&](std::string_view why) {
    return base::fail(base::Errc::forbidden,
                      fmt::format("cannot send to chat {}: {}", chat.id.value, why));
  };
  if (account.elsewhere) return no("the account moved to another gateway, or is on its way there");
  if (chat.contact == kDeviceContact) return no("it is the gateway's own device chat");
  if (chat.blocked == store::ChatBlocked::request) {
    return no("it is a contact request; accept it first (accept_chat)");
  }
  if (chat.blocked == store::ChatBlocked::yes) {
    return no(single ? "its contact is blocked" : "it is blocked");
  }
  return single ? base::Result<>{} : groups::check_can_write(scope, account, chat);
}

base::Result<> queue_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                             const store::MessageRow& row) {
  if (chat.contact == kSelf) {
    EDGE_TRY(const bool devices, write.protocol().has_other_devices(write));
    return devices ? outbox::queue_message(write, kSelf, row) : base::Result<>{};
  }
  chats::Errand errand;
  if (row.blob_id) {
    EDGE_TRY(const store::BlobRow blob, store::load_blob(write.scope, *row.blob_id));
    errand.file_size = blob.size;
  }
  EDGE_CHECK(chats::check_able(write, chat, errand));
  if (chat.type != ChatType::single) {
    return groups::queue_group_message(write, chat, row);
  }
  EDGE_TRY(const bool opens, groups::contact_opens(write.scope, *chat.contact));
  return opens ? outbox::queue_message(write, *chat.contact, row)
               : groups::give_up_recipient(write, row.id, *chat.contact);
}

base::Result<> queue_change(const kernel::WriteContext& write, const store::ChatRow& chat,
                            MsgId message, store::ChangeKind kind, std::int64_t number,
                            const std::string& text) {
  if (chat.contact == kSelf) {
    EDGE_TRY(const bool devices, write.protocol().has_other_devices(write));
    if (!devices) return {};
  }
  const bool single = chat.type == ChatType::single;
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
  if (!mark) return {};
  EDGE_TRY(const MessageRef ref,
           chats::ref_to(write.scope, *mark, single ? chats::Among::two : chats::Among::group));
  return queue_for_chat(
      write, chat, Content{crypto::random_array<16>(), MessageChange{ref, kind, number, text}});
}

base::Result<> queue_for_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                              const Content& content) {
  if (chat.type != ChatType::single) return groups::queue_for_members(write, chat.id, content);
  EDGE_TRY(const bool opens, groups::contact_opens(write.scope, *chat.contact));
  return opens ? outbox::queue_content(write, *chat.contact, content) : base::Result<>{};
}

base::Result<MsgId> send_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                                 store::MessageRow row) {
  const bool to_self = chat.contact == kSelf;
  bool to_nobody = to_self;
  if (chat.type != ChatType::single) {
    EDGE_TRY(to_nobody, groups::is_alone(write, chat.id));
  }
  row.state = to_nobody ? MsgState::out_delivered : MsgState::out_pending;
  row.timer = chat.timer;
  if (row.timer > 0) {
    row.expires_at = write.steady() + base::Millis{row.timer} * 1000;
    write.signal(&kernel::Signals::windows_changed);
  }
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id, row.sent_at));
  std::vector<store::FileAccessRow> accesses;
  if (!to_self) {
    EDGE_TRY(accesses, protection::judge_protected(write, chat, row));
  }
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  for (store::FileAccessRow& access : accesses) {
    access.message = row.id;
    EDGE_CHECK(store::put_file_access(write.scope, access));
  }
  EDGE_CHECK(queue_to_chat(write, chat, row));
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  EDGE_CHECK(chats::emit_changed(write.tx, write.account.id, chat.id, row.id));
  return row.id;
}

}  // namespace messaging
