#include "messaging/mail/news_from_devices.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/requests.h"
#include "messaging/chats/saved_copies.h"
#include "messaging/files/removal.h"
#include "messaging/groups/group_rules.h"
#include "messaging/mail/account_logins.h"
#include "messaging/mail/arrived_pictures.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/sync_items.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/invite_tokens.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/own_devices.h"
#include "messaging/model/plain_name.h"
#include "messaging/protected/protected_access.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/groups.h"
#include "store/tables/mail_ids.h"
#include "store/tables/messages.h"

namespace messaging::mail {
namespace {

// A chat with more messages than this is not deleted, because one write could not do it.
constexpr std::int64_t kMostRemoved = 2000;

base::Result<> emit_chat(const kernel::WriteContext& write, ChatId chat) {
  EDGE_CHECK(write.emit(ChatModified{chat}));
  return write.emit(ChatlistChanged{});
}

base::Result<> change(const kernel::WriteContext& write, const store::ChatRow& chat) {
  EDGE_CHECK(store::update_chat(write.scope, chat));
  return emit_chat(write, chat.id);
}

base::Result<> remove_message_here(const kernel::WriteContext& write,
                                   const store::MessageMark& mark, files::RemovedFiles& files) {
  EDGE_CHECK(protection::protected_message_removed(write, mark.id));
  EDGE_CHECK(files::remove_message(write.tx, write.scope, mark.id, files));
  if (mark.type == Viewtype::webxdc) EDGE_CHECK(write.emit(WebxdcInstanceDeleted{mark.id}));
  if (mark.is_pinned) EDGE_CHECK(write.emit(PinnedMessagesChanged{mark.chat}));
  return write.emit(MsgDeleted{mark.chat, mark.id});
}

// What an item means for a chat that is here. Exactly one of contact and group is set, but of a
// group that is not here.
struct ActionTaker {
  const kernel::WriteContext& write;
  const SyncChat& said;
  std::optional<store::ContactRow> contact;
  std::optional<chats::Group> group;
  std::optional<store::ChatRow> chat;

  base::Result<> operator()(const SyncBlock& block) {
    const auto state = block.blocked ? store::ChatBlocked::yes : store::ChatBlocked::no;
    if (contact) {
      if (contact->id == kSelf || contact->blocked == block.blocked) return {};
      contact->blocked = block.blocked;
      EDGE_CHECK(store::update_contact(write.scope, *contact));
      EDGE_CHECK(write.emit(ContactsChanged{contact->id}));
    }
    if (!chat || chat->blocked == state) return {};
    chat->blocked = state;
    return change(write, *chat);
  }
  base::Result<> operator()(const SyncAccept&) {
    if (contact && contact->id != kSelf) EDGE_CHECK(chats::show_contact(write, contact->id));
    if (!chat || chat->blocked != store::ChatBlocked::request) return {};
    chat->blocked = store::ChatBlocked::no;
    return change(write, *chat);
  }
  base::Result<> operator()(const SyncDelete&) {
    if (!chat || chat->contact == kSelf) return {};
    EDGE_TRY(const auto marks, store::messages_of_chat(write.scope, chat->id, kMostRemoved + 1));
    if (static_cast<std::int64_t>(marks.size()) > kMostRemoved) {
      base::log::warning(
          "account {}: chat {} was deleted at another device, and has too many "
          "messages to be deleted here as well",
          write.account.id.value, chat->id.value);
      return {};
    }
    files::RemovedFiles files(write.core, write.account);
    for (const store::MessageMark& mark : marks) {
      EDGE_CHECK(remove_message_here(write, mark, files));
    }
    if (chat->draft) {
      EDGE_CHECK(files::remove_message(write.tx, write.scope, *chat->draft, files));
    }
    EDGE_CHECK(groups::forget_group(write, chat->id, files));
    EDGE_CHECK(store::delete_chat(write.scope, chat->id));
    files.remove_after(write.tx);
    EDGE_CHECK(write.emit(ChatDeleted{chat->id}));
    return write.emit(ChatlistChanged{});
  }
  base::Result<> operator()(const SyncVisibility& shown) {
    if (!chat || chat->visibility == shown.visibility) return {};
    chat->visibility = shown.visibility;
    if (shown.visibility == Visibility::archived) {
      EDGE_TRY(const auto noticed, store::notice_messages(write.scope, chat->id));
      if (noticed > 0) EDGE_CHECK(write.emit(MsgsNoticed{chat->id}));
    }
    return change(write, *chat);
  }
  base::Result<> operator()(const SyncMute& mute) {
    if (!chat || chat->muted_until == mute.until) return {};
    chat->muted_until = mute.until;
    return change(write, *chat);
  }
  base::Result<> operator()(const SyncName& name) {
    if (contact && contact->id != kSelf) {
      contact->name = plain_name(name.name, kMaxLongName);
      EDGE_CHECK(store::update_contact(write.scope, *contact));
      EDGE_CHECK(write.emit(ContactsChanged{contact->id}));
      return chat ? write.emit(ChatModified{chat->id}) : base::Result<>{};
    }
    // Members learn the name by a mail, of which we get a copy too.
    if (!group || group->row.promoted) return {};
    group->state.name = {groups::next_stamp(write, group->state, group->state.name.stamp),
                         plain_name(name.name, kMaxGroupName)};
    EDGE_CHECK(groups::save_group(write, *group));
    return emit_chat(write, group->row.chat);
  }
  // The same, as of names.
  base::Result<> operator()(const SyncDescription& description) {
    if (!group || group->row.promoted) return {};
    group->state.description = {
        groups::next_stamp(write, group->state, group->state.description.stamp), description.text};
    EDGE_CHECK(groups::save_group(write, *group));
    return emit_chat(write, group->row.chat);
  }
  base::Result<> operator()(const SyncGroup& made) {
    if (contact || group) return {};
    if (!has_plain_group_id(said.group)) {
      EDGE_CHECK(store::note_message_id(write.scope, group_id_of(said.group), said.group));
    }
    const MemberKey self = chats::key_of(write.account);
    GroupState state;
    state.name = {groups::next_stamp(write, {}, {}), plain_name(made.name, kMaxGroupName)};
    state.members[self] = {groups::next_membership(write, {}, self, true), true, self, {}};
    EDGE_CHECK(groups::make_group(write, group_id_of(said.group), std::move(state),
                                  store::ChatBlocked::no));
    return {};
  }
  base::Result<> operator()(const SyncChannel& made) {
    if (contact || group) return {};
    const GroupId id = group_id_of(said.group);
    EDGE_CHECK(note_group_text(write, said.group));
    const MemberKey self = chats::key_of(write.account);
    GroupState state;
    state.channel = true;
    state.owner = self;
    state.name = {groups::next_stamp(write, {}, {}), plain_name(made.name, kMaxGroupName)};
    state.members[self] = {groups::next_membership(write, {}, self, true), true, self, {}};
    EDGE_TRY(chats::Group channel,
             groups::make_group(write, id, std::move(state), store::ChatBlocked::no));
    channel.row.secret = made.secret;
    return groups::save_group(write, channel);
  }
  base::Result<> operator()(const SyncMembers& list) {
    if (!group || group->row.promoted || list.members.size() > kMaxMembers) return {};
    const MemberKey self = chats::key_of(write.account);
    for (auto& [key, member] : group->state.members) {
      const auto is_it = [&key = key](const auto& one) { return member_key(one.first) == key; };
      const bool stays = std::any_of(list.members.begin(), list.members.end(), is_it);
      if (stays || key == self || !member.present) continue;
      member = {groups::next_membership(write, group->state, key, false), false, self, {}};
    }
    for (const auto& [fingerprint, addr] : list.members) {
      const MemberKey key = member_key(fingerprint);
      if (key == self || group->state.has(key)) continue;
      EDGE_TRY(const store::ContactRow row,
               contact_for(write, fingerprint, addr, "", store::ContactState::known));
      MemberCard card;
      card.addr = row.addr;
      card.name = row.auth_name;
      group->state.members[key] = {groups::next_membership(write, group->state, key, true), true,
                                   self, std::move(card)};
    }
    if (!fits(group->state)) return {};
    EDGE_CHECK(groups::save_group(write, *group));
    return emit_chat(write, group->row.chat);
  }
};

struct ItemTaker {
  const kernel::WriteContext& write;
  const OwnKey& own;
  const Arrival& arrival;

  base::Result<> operator()(const SyncToken& token) const {
    if (!token.live) return withdraw_invites(write, token.number);
    std::optional<ChatId> chat;
    if (!token.group.empty()) {
      EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, group_id_of(token.group)));
      if (!group) return {};
      chat = group->chat;
    }
    const auto learned = learn_invite(write, token.number, token.auth, chat);
    if (!learned && learned.error().code != base::Errc::invalid_argument) return learned;
    return {};
  }
  base::Result<> operator()(const SyncChat& said) const {
    ActionTaker taker{write, said, {}, {}, {}};
    if (!said.group.empty()) {
      EDGE_TRY(taker.group, chats::find_group(write.scope, group_id_of(said.group)));
      if (taker.group) {
        EDGE_TRY(taker.chat, store::find_chat(write.scope, taker.group->row.chat));
      }
    } else {
      const bool ours = said.contact == own.certificate.fingerprint();
      if (ours) {
        EDGE_TRY(taker.contact, store::find_contact(write.scope, kSelf));
      } else {
        EDGE_TRY(taker.contact, find_by_fingerprint(write.scope, said.contact));
      }
      if (!taker.contact) return {};
      EDGE_TRY(taker.chat, store::find_chat_by_contact(write.scope, taker.contact->id));
    }
    return std::visit(taker, said.action);
  }
  base::Result<> operator()(const SyncSetting& setting) const {
    std::string value = setting.value;
    if (setting.key == "displayname") value = plain_name(value, kMaxLongName);
    if (setting.key == "mdns_enabled" && value != "0" && value != "1") return {};
    EDGE_CHECK(store::set_config_value(write.scope, setting.key, value));
    EDGE_CHECK(write.emit(ConfigSynced{setting.key}));
    EDGE_CHECK(write.emit(ContactsChanged{kSelf}));
    return write.emit(AccountsChanged{});
  }
  // The mail's picture belongs to the last such item.
  base::Result<> operator()(const SyncPicture&) const {
    EDGE_TRY(store::ContactRow self, store::load_contact(write.scope, kSelf));
    const auto before = self.avatar_number;
    EDGE_TRY(const bool changed, take_avatar(write, self, arrival));
    if (self.avatar_number == before) return {};
    EDGE_CHECK(store::update_contact(write.scope, self));
    if (!changed) return {};
    EDGE_CHECK(write.emit(ConfigSynced{std::string(kPictureSetting)}));
    EDGE_CHECK(write.emit(SelfavatarChanged{}));
    EDGE_CHECK(write.emit(ContactsChanged{kSelf}));
    return write.emit(AccountsChanged{});
  }
  base::Result<> operator()(const SyncSaved& said) const {
    EDGE_TRY(const auto id, store::find_message_of_anybody(write.scope, uuid_of(said.original)));
    if (!id) return {};
    EDGE_TRY(const store::MessageRow original, store::load_message(write.scope, *id));
    const Uuid copy = uuid_of(said.copy);
    EDGE_TRY(const bool here, store::has_message_uuid(write.scope, original.from, copy));
    if (here || !chats::can_be_copied(original) || original.original.valid()) return {};
    EDGE_TRY(const store::ChatRow saved,
             chats::ensure_single_chat(write.tx, write.scope, kSelf, store::ChatBlocked::no));
    return chats::save_copy(write, saved, original, copy);
  }
  base::Result<> operator()(const SyncRemoved& removed) const {
    files::RemovedFiles files(write.core, write.account);
    std::vector<ChatId> chats;
    for (const std::string& name : removed.message_ids) {
      EDGE_TRY(const auto id, store::find_message_of_anybody(write.scope, uuid_of(name)));
      if (!id) continue;
      EDGE_TRY(const auto mark, store::find_message_mark(write.scope, *id));
      if (!mark) continue;
      EDGE_CHECK(remove_message_here(write, *mark, files));
      if (std::find(chats.begin(), chats.end(), mark->chat) == chats.end()) {
        chats.push_back(mark->chat);
      }
    }
    for (const ChatId chat : chats) {
      EDGE_CHECK(chats::emit_changed(write.tx, write.account.id, chat, MsgId()));
    }
    files.remove_after(write.tx);
    return {};
  }
  // The last of a mail says all that those before it do.
  base::Result<> operator()(const SyncLogins&) const { return {}; }
};

}  // namespace

base::Result<> take_device_news(const kernel::WriteContext& write, const OwnKey& own,
                                const Arrival& arrival) {
  const auto* const news = std::get_if<MailSync>(&arrival.opened.mail.body);
  if (news == nullptr) return {};
  SyncLogins logins;
  for (SyncItem& item : read_sync_items(news->json)) {
    EDGE_CHECK(std::visit(ItemTaker{write, own, arrival}, item));
    if (auto* said = std::get_if<SyncLogins>(&item)) logins = std::move(*said);
  }
  EDGE_CHECK(take_logins(write, logins, arrival.opened.mail.from.addr));
  return expect_device(write);
}

}  // namespace messaging::mail
