// Timers of chats (kind 6).
#include "messaging/chats/chat_timers.h"

#include "messaging/chats/group_row.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/received.h"
#include "store/tables/groups.h"

namespace messaging::receiving {
namespace {

// The chat whose timer this contact may set.
base::Result<std::optional<store::ChatRow>> chat_of(const kernel::WriteContext& write,
                                                    ContactId sender, const ChatTimer& timer) {
  if (!timer.group) return store::find_chat_by_contact(write.scope, sender);
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, *timer.group));
  if (!group || !group->self_present) return std::optional<store::ChatRow>();
  EDGE_TRY(const auto member, store::find_member(write.scope, group->chat, sender));
  EDGE_TRY(auto chat, store::find_chat(write.scope, group->chat));
  // Subscribers of our channel only read.
  if (!member || !member->present || !chat || chat->type == ChatType::out_broadcast) {
    return std::optional<store::ChatRow>();
  }
  return chat;
}

}  // namespace

base::Result<bool> apply(const Received& received, const ChatTimer& timer) {
  const auto& [write, sender, uuid, transfer, whole] = received;
  EDGE_CHECK(outbox::acknowledge(write, sender.contact.id, uuid));
  EDGE_TRY(auto chat, chat_of(write, sender.contact.id, timer));
  if (chat) EDGE_CHECK(chats::take_timer(write, *chat, sender.contact, timer.value));
  return true;
}

}  // namespace messaging::receiving
