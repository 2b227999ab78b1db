#include "messaging/groups/group_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/pictures.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_access.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/gone_groups.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_states.h"

namespace messaging::groups {
namespace {

using base::Errc;
using base::fail;

// An unknown member becomes an unverified contact, reached by the addresses of its card.
base::Result<store::ContactRow> make_contact(const kernel::WriteContext& write,
                                             const MemberKey& key, const MemberCard& card) {
  store::ContactRow contact;
  EDGE_TRY(contact.id, write.tx.next<ContactId>(write.account.id, "contact", kFirstId));
  contact.keys.push_back(chats::stored_key(write.account, key));
  contact.addr = plain_name(card.addr, kMaxAddress);
  contact.auth_name = plain_name(card.name);
  contact.bot = card.bot;
  EDGE_CHECK(store::insert_contact(write.scope, contact));
  return contact;
}

base::Result<> save_member(const kernel::WriteContext& write, ChatId chat, const GroupId& group,
                           const MemberKey& key, const Membership& member) {
  EDGE_TRY(auto contact, chats::find_contact_by_key(write.scope, key));
  if (!contact && !member.present) return {};  // gone before we came
  if (!member.present) EDGE_CHECK(protection::membership_ended(write, group, contact->id));
  const bool known = contact.has_value();
  if (!contact) {
    EDGE_TRY(contact, make_contact(write, key, member.card));
  }
  if (member.present) {
    if (!contact->verified && !member.card.name.empty()) {
      contact->auth_name = plain_name(member.card.name);
    }
    EDGE_CHECK(write.protocol().take_ways(write, *contact, member.card));
    EDGE_CHECK(store::update_contact(write.scope, *contact));
    if (!known) EDGE_CHECK(write.emit(ContactsChanged{contact->id}));
  }
  write.signal(&kernel::Signals::manifest_due, contact->id, false);
  return store::set_member(write.scope, chat, contact->id, member.present);
}

// The member may have gained a route by which a session can be requested.
base::Result<> send_what_waits(const kernel::WriteContext& write, const chats::Group& group,
                               const MemberKey& key) {
  EDGE_TRY(const auto contact, chats::contact_of(write.scope, key));
  if (!contact) return {};
  EDGE_TRY(const bool waits, store::has_waiting_outbox(write.scope, *contact));
  return waits ? meet_member(write, group, *contact) : base::Result<>{};
}

}  // namespace

std::uint64_t next_membership(const kernel::WriteContext& write, const GroupState& state,
                              const MemberKey& key, bool present) {
  if (!write.protocol().abilities().dated_groups) return state.next_number();
  // Twice the second, plus one for a present member (messaging/mail/form/mail_group.h). Higher than
  // the number it replaces; a removal counts from the second after an addition.
  const Membership* before = state.find(key);
  std::uint64_t second = static_cast<std::uint64_t>(write.tx.now() / 1000);
  if (before != nullptr) {
    second = std::max(second, before->number / 2 + (before->present && !present ? 1 : 0));
  }
  return 2 * second + (present ? 1 : 0);
}

Stamp next_stamp(const kernel::WriteContext& write, const GroupState& state, const Stamp& before) {
  if (!write.protocol().abilities().dated_groups) {
    return {state.next_number(), chats::key_of(write.account)};
  }
  const auto second = static_cast<std::uint64_t>(write.tx.now() / 1000);
  return {std::max(second, before.number + 1), {}};
}

base::Result<chats::Group> make_group(const kernel::WriteContext& write, const GroupId& id,
                                      GroupState state, store::ChatBlocked blocked) {
  store::ChatRow chat;
  EDGE_TRY(chat.id, write.tx.next<ChatId>(write.account.id, "chat", kFirstId));
  const MemberKey self = chats::key_of(write.account);
  chat.type = !state.channel        ? ChatType::group
              : state.owner == self ? ChatType::out_broadcast
                                    : ChatType::in_broadcast;
  chat.blocked = blocked;
  chat.encrypted = true;
  chat.created_at = write.tx.now();
  chat.last_at = chat.created_at;
  EDGE_CHECK(store::insert_chat(write.scope, chat));
  chats::Group group;
  group.row.chat = chat.id;
  group.row.uuid = id;
  group.row.promoted = state.channel;
  group.state = std::move(state);
  EDGE_CHECK(store::insert_group(write.scope, group.row, encode(group.stored)));
  EDGE_CHECK(save_group(write, group));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  EDGE_CHECK(chats::add_encryption_notice(write.tx, write.scope, chat.id));
  return group;
}

base::Result<> save_group(const kernel::WriteContext& write, chats::Group& group) {
  const MemberKey self = chats::key_of(write.account);
  for (const auto& [key, member] : group.state.members) {
    const Membership* before = group.stored.find(key);
    if (key == self || (before != nullptr && *before == member)) continue;
    EDGE_CHECK(save_member(write, group.row.chat, group.row.uuid, key, member));
  }
  const bool was_in = group.row.self_present;
  group.row.self_present = group.state.has(self);
  group.row.name = plain_name(group.state.name.value, kMaxGroupName);
  group.row.description = group.state.description.value;
  if (was_in && !group.row.self_present) {
    group.row.secret.clear();  // from now on nothing of the channel is opened
    EDGE_CHECK(write.protocol().close_ways(write, group.row.chat));
  }
  EDGE_CHECK(store::update_group(write.scope, group.row, encode(group.state)));
  const GroupState before = std::exchange(group.stored, group.state);
  for (const auto& [key, member] : group.state.members) {
    const Membership* known = before.find(key);
    if (key == self || !member.present || (known != nullptr && *known == member)) continue;
    EDGE_CHECK(send_what_waits(write, group, key));
  }
  return {};
}

base::Result<bool> publish_card(const kernel::WriteContext& write, chats::Group& group) {
  const MemberKey self = chats::key_of(write.account);
  // A channel's subscribers do not know of each other.
  if (group.state.channel || !group.state.has(self)) return false;
  MemberCard card;
  card.addr = write.account.addr();
  EDGE_TRY(const auto name, store::find_config_value(write.scope, "displayname"));
  EDGE_TRY(const auto bot, store::find_config_value(write.scope, "bot"));
  card.name = plain_name(name.value_or(""));
  card.bot = bot == "1";
  EDGE_CHECK(write.protocol().show_ways(write, group.row.chat, card));
  MemberCard& shown = group.state.members.at(self).card;
  card.version = shown.version;
  if (shown == card) return false;
  ++card.version;
  shown = std::move(card);
  return true;
}

base::Result<> forget_group(const kernel::WriteContext& write, ChatId chat,
                            files::RemovedFiles& files) {
  const store::Scope& scope = write.scope;
  EDGE_TRY(auto row, store::find_group(scope, chat));
  if (!row) return {};
  EDGE_CHECK(chats::replace_picture(write, row->image_blob, std::nullopt, files));
  EDGE_TRY(const base::Bytes bytes, store::load_group_state(scope, chat));
  EDGE_TRY(const GroupState state, decode_group_state(bytes, MemberKeys::unchecked));
  EDGE_TRY(const MemberKey self, chats::key_of(scope, kSelf));
  const Membership* ours = state.find(self);
  EDGE_CHECK(
      store::note_gone_group(scope, row->uuid, ours ? static_cast<std::int64_t>(ours->number) : 0));
  EDGE_CHECK(write.protocol().close_ways(write, chat));
  EDGE_TRY(const auto members, store::list_members(scope, chat));
  for (const store::MemberRow& member : members) {
    EDGE_TRY(const bool unaware, store::awaits_first_state(scope, chat, member.contact));
    if (!unaware) continue;
    EDGE_CHECK(outbox::give_up_place(write, member.contact, promotion_uuid(row->uuid)));
  }
  return store::delete_group(scope, chat);
}

}  // namespace messaging::groups
