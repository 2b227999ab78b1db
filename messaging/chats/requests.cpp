#include "messaging/chats/requests.h"

#include "messaging/chats/chat_rules.h"
#include "messaging/kernel/core.h"
#include "store/tables/config_values.h"
#include "store/tables/groups.h"
#include "store/tables/messages.h"
#include "store/tables/strangers.h"

namespace messaging::chats {
namespace {

using store::ChatBlocked;
using store::ContactState;

base::Result<bool> is_bot(const store::Scope& scope) {
  EDGE_TRY(const auto bot, store::find_config_value(scope, "bot"));
  return bot == "1";
}

}  // namespace

base::Result<ContactState> state_of_stranger(const store::Scope& scope) {
  EDGE_TRY(const bool bot, is_bot(scope));
  return bot ? ContactState::known : ContactState::hidden;
}

base::Result<ChatBlocked> first_state(const store::Scope& scope, const store::ContactRow& contact) {
  if (contact.verified) return ChatBlocked::no;
  EDGE_TRY(const auto chat, store::find_chat_by_contact(scope, contact.id));
  if (chat && chat->blocked == ChatBlocked::no) return ChatBlocked::no;
  EDGE_TRY(const bool bot, is_bot(scope));
  return bot ? ChatBlocked::no : ChatBlocked::request;
}

base::Result<store::ChatRow> ensure_chat_of_sender(store::Tx& tx, const store::Scope& scope,
                                                   const store::ContactRow& contact) {
  EDGE_TRY(ChatBlocked state, first_state(scope, contact));
  if (state == ChatBlocked::no && contact.verified) {
    // Known by joining a group: that accepted the group, not the contact.
    EDGE_TRY(const auto chat, store::find_chat_by_contact(scope, contact.id));
    EDGE_TRY(const bool bot, is_bot(scope));
    if (chat && chat->blocked == ChatBlocked::request && !bot) state = ChatBlocked::request;
  }
  return ensure_single_chat(tx, scope, contact.id, state);
}

base::Result<bool> is_stranger(const store::Scope& scope, const store::ContactRow& contact) {
  if (contact.state != ContactState::hidden) return false;
  EDGE_TRY(const ChatBlocked state, first_state(scope, contact));
  if (state == ChatBlocked::no) return false;
  EDGE_TRY(const auto groups, store::groups_of_contact(scope, contact.id));
  for (const base::ChatId group : groups) {
    EDGE_TRY(const auto chat, store::find_chat(scope, group));
    if (chat && chat->blocked == ChatBlocked::no) return false;
  }
  return true;
}

base::Result<bool> has_room_for_request(const store::Scope& scope) {
  EDGE_TRY(const std::int64_t waiting, store::count_requests(scope));
  return waiting < kMaxRequests;
}

base::Result<bool> takes_message(const store::Scope& scope, const store::ContactRow& contact) {
  EDGE_TRY(const bool stranger, is_stranger(scope, contact));
  if (!stranger) return true;
  EDGE_TRY(const std::int64_t sent,
           store::count_messages_of(scope, contact.id, kMaxStrangersTexts));
  return sent < kMaxStrangersTexts;
}

base::Result<bool> takes_file(const store::Scope& scope, base::ContactId id, std::uint64_t size) {
  EDGE_TRY(const store::ContactRow contact, store::load_contact(scope, id));
  EDGE_TRY(const bool stranger, is_stranger(scope, contact));
  if (!stranger) return true;
  EDGE_TRY(const std::uint64_t here, store::bytes_of_strangers(scope));
  return here + size <= kMaxStrangersFiles;
}

base::Result<> show_contact(const kernel::WriteContext& write, base::ContactId id) {
  EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, id));
  if (contact.state == ContactState::known) return {};
  contact.state = ContactState::known;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  write.signal(&kernel::Signals::profile_changed);
  write.signal(&kernel::Signals::manifest_due, id, false);
  return write.emit(ContactsChanged{id});
}

}  // namespace messaging::chats
