#include "messaging/api/chat_sending.h"

#include <fmt/format.h>

#include <string_view>

#include "messaging/chats/abilities.h"
#include "messaging/groups/giving_up.h"
#include "messaging/groups/group_sending.h"
#include "messaging/model/types.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/blobs.h"

namespace messaging {

base::Result<> check_can_send(const store::Scope& scope, const kernel::AccountState& account,
                              const store::ChatRow& chat) {
  const bool single = chat.type == ChatType::single;
  const auto no = [&](std::string_view why) {
    return base::fail(base::Errc::forbidden,
                      fmt::format("cannot send to chat {}: {}", chat.id.value, why));
  };
  if (chat.contact == kDeviceContact) return no("it is the gateway's own device chat");
  if (chat.blocked == store::ChatBlocked::request) {
    return no("it is a contact request; accept it first (accept_chat)");
  }
  if (chat.blocked == store::ChatBlocked::yes) {
    return no(single ? "its contact is blocked" : "it is blocked");
  }
  return single ? base::Result<>{} : groups::check_can_write(scope, account, chat.id);
}

base::Result<> queue_to_chat(const kernel::WriteContext& write, const store::ChatRow& chat,
                             const store::MessageRow& row) {
  if (chat.contact == kSelf) return {};
  chats::Errand errand;
  if (row.blob_id) {
    EDGE_TRY(const store::BlobRow blob, store::load_blob(write.scope, *row.blob_id));
    errand.file_size = blob.size;
  }
  EDGE_CHECK(chats::check_able(write, chat, errand));
  if (chat.type != ChatType::single) {
    return groups::queue_group_message(write, chat.id, row);
  }
  EDGE_TRY(const bool opens, groups::contact_opens(write.scope, *chat.contact));
  return opens ? outbox::queue_message(write, *chat.contact, row)
               : groups::give_up_recipient(write, row.id, *chat.contact);
}

}  // namespace messaging
