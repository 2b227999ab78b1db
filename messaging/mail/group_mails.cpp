#include "messaging/mail/group_mails.h"

#include <fmt/format.h>

#include <utility>

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/chats/message_refs.h"
#include "messaging/chats/pictures.h"
#include "messaging/chats/requests.h"
#include "messaging/files/removal.h"
#include "messaging/groups/group_joining.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/signals.h"
#include "messaging/mail/arrived_pictures.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/mail_group.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/group_receiving.h"
#include "store/tables/chats.h"
#include "store/tables/gone_groups.h"
#include "store/tables/groups.h"
#include "store/tables/mail_ids.h"
#include "store/tables/messages.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;

// ---- mails that arrive ----

GroupReading reading_of(const kernel::WriteContext& write, const OpenedMail& opened,
                        const std::optional<chats::Group>& group) {
  GroupReading reading;
  reading.sender = member_key(opened.signer->fingerprint());
  reading.now = write.tx.now() / 1000;
  reading.known = group && group->row.self_present;
  reading.key_of = [&write, &opened, &group](std::string_view addr) -> std::optional<MemberKey> {
    if (same_address(addr, write.account.addr())) return chats::key_of(write.account);
    for (const OpenedMail::Gossip& gossip : opened.gossip) {
      if (same_address(addr, gossip.addr)) return member_key(gossip.certificate.fingerprint());
    }
    if (same_address(addr, opened.mail.from.addr)) {
      return member_key(opened.signer->fingerprint());
    }
    if (!group) return std::nullopt;
    for (const auto& [key, member] : group->state.members) {
      if (member.present && same_address(addr, member.card.addr)) return key;
    }
    return std::nullopt;
  };
  return reading;
}

// A group that is unknown here; nullopt: there is no room for it.
base::Result<std::optional<chats::Group>> begin_mail_group(const kernel::WriteContext& write,
                                                           const store::ContactRow& sender,
                                                           const std::string& text) {
  store::ChatBlocked blocked = store::ChatBlocked::no;
  if (sender.id != kSelf) {
    EDGE_TRY(blocked, chats::first_state(write.scope, sender));
  }
  if (blocked == store::ChatBlocked::request) {
    EDGE_TRY(const bool room, chats::has_room_for_request(write.scope));
    if (!room) return std::optional<chats::Group>();
  }
  const GroupId id = group_id_of(text);
  EDGE_CHECK(store::forget_gone_group(write.scope, id));
  EDGE_CHECK(note_group_text(write, text));
  EDGE_TRY(chats::Group group, groups::make_group(write, id, GroupState(), blocked));
  return std::optional(std::move(group));
}

// The members' keys, which are contacts by now.
base::Result<> learn_members(const kernel::WriteContext& write, const OpenedMail& opened) {
  for (const OpenedMail::Gossip& gossip : opened.gossip) {
    EDGE_TRY(auto contact, find_by_fingerprint(write.scope, gossip.certificate.fingerprint()));
    if (!contact || contact->id == kSelf) continue;
    EDGE_TRY(const bool first, learn_certificate(write, *contact, gossip.certificate));
    if (first) EDGE_CHECK(outbox::release_waiting(write, contact->id));
  }
  return {};
}

// ---- mails of ours ----

// The name before the line's change, in the words of Groups::rename().
std::string old_name_in(const std::string& line, const std::string& name) {
  constexpr std::string_view kBefore = "You changed group name from \"";
  const std::string after = "\" to \"" + name + "\".";
  if (!line.starts_with(kBefore) || !line.ends_with(after)) return {};
  if (line.size() < kBefore.size() + after.size()) return {};
  return line.substr(kBefore.size(), line.size() - kBefore.size() - after.size());
}

class GroupFramer {
 public:
  GroupFramer(const store::Scope& scope, const kernel::AccountState& account, ChatMail& mail,
              const chats::Group& group)
      : scope_(scope), account_(account), mail_(mail), group_(group) {}

  base::Result<GroupFrame> frame(const Content& content, std::optional<MsgId> line,
                                 bool introduce) {
    mail_.group.emplace().id = stored_group_text(scope_, group_.row.uuid);
    if (group_.state.channel) return frame_channel(content, line);
    GroupFrame out;
    out.says = GroupFrame::Says::content;
    if (std::holds_alternative<GroupUpdate>(content.body)) {
      EDGE_TRY(const bool says, put_change(line, out));
      if (!says) return GroupFrame{};
    }
    const MailGroupChange& change = mail_.group->change;
    introduce = introduce || std::holds_alternative<MemberAdded>(change);
    const bool describe = introduce || std::holds_alternative<GroupDescribed>(change);
    if (introduce && group_.state.image.value) out.image = group_.row.image_blob;
    put_members(describe);
    return out;
  }

  base::Result<GroupFrame> frame_joiner(ContactId joiner) {
    mail_.group.emplace().id = stored_group_text(scope_, group_.row.uuid);
    EDGE_TRY(const MemberKey key, chats::key_of(scope_, joiner));
    if (!group_.state.has(key)) return GroupFrame{};  // gone meanwhile
    mail_.wants_receipt = false;
    mail_.group->change = MemberAdded{address_of(key).addr, fingerprint_of(key)};
    GroupFrame out;
    out.says = GroupFrame::Says::change;
    if (group_.state.channel) {
      put_channel();
      put_welcome(out);
      return out;
    }
    if (group_.state.image.value) out.image = group_.row.image_blob;
    put_members(true);
    return out;
  }

 private:
  // A channel's posts and changes are for all readers, who do not learn of each other; a mail about
  // one reader goes to that reader alone. A reader's only mail says that it leaves.
  base::Result<GroupFrame> frame_channel(const Content& content, std::optional<MsgId> line) {
    GroupFrame out;
    out.says = GroupFrame::Says::content;
    if (std::holds_alternative<GroupUpdate>(content.body)) {
      EDGE_TRY(const bool says, put_change(line, out));
      if (!says) return GroupFrame{};
    }
    put_channel();
    const MailGroupChange& change = mail_.group->change;
    if (!group_.is_owner(chats::key_of(account_))) {
      return std::holds_alternative<MemberRemoved>(change) ? out : GroupFrame{};
    }
    if (const auto* added = std::get_if<MemberAdded>(&change)) {
      if (!group_.state.has(member_key(added->fingerprint))) return GroupFrame{};  // gone meanwhile
      put_welcome(out);
      return out;
    }
    if (std::holds_alternative<MemberRemoved>(change)) return out;
    // A copy of an earlier post, for one new reader, is not a message of the chat.
    const bool is_copy = std::holds_alternative<GroupText>(content.body) && !line;
    if (is_copy && mail_.to.size() == 1) return out;
    if (std::holds_alternative<GroupDescribed>(change)) put_description();
    mail_.to.clear();
    out.secret = group_.row.secret;
    if (out.secret.empty()) {
      return fail(Errc::corrupt, "the channel has no secret: let its readers join by its link");
    }
    return out;
  }

  void put_members(bool describe) {
    GroupWriting writing;
    writing.self = chats::key_of(account_);
    writing.now = mail_.date;
    writing.address_of = [this](const MemberKey& key) { return address_of(key); };
    put_state(mail_, group_.state, writing, describe);
  }
  void put_channel() {
    MailGroup& group = *mail_.group;
    group.channel = true;
    group.name = group_.state.name.value;
    if (!group_.is_owner(chats::key_of(account_))) return;
    group.name_changed = static_cast<std::int64_t>(group_.state.name.stamp.number);
  }
  void put_description() {
    mail_.group->description = group_.state.description.value;
    mail_.group->description_changed =
        static_cast<std::int64_t>(group_.state.description.stamp.number);
  }
  // Everything that a new reader needs.
  void put_welcome(GroupFrame& out) {
    mail_.group->secret = group_.row.secret;
    if (group_.state.description.stamp.number != 0) put_description();
    if (group_.state.image.value) out.image = group_.row.image_blob;
  }

  MailAddress address_of(const MemberKey& key) const {
    if (key == chats::key_of(account_)) return mail_.from;
    const auto contact = chats::find_contact_by_key(scope_, key);
    if (!contact || !*contact) return {};
    const auto certificate = certificate_of(**contact);
    const auto addresses =
        addresses_of(**contact, certificate ? *certificate : std::optional<Certificate>());
    return {addresses.empty() ? std::string() : addresses.front(), (*contact)->auth_name};
  }

  // The change of ours that the line in the chat describes. False: there is no line.
  base::Result<bool> put_change(std::optional<MsgId> line, GroupFrame& out) {
    if (!line) return false;
    EDGE_TRY(const auto row, store::find_message(scope_, *line));
    if (!row) return false;
    out.says = GroupFrame::Says::change;
    mail_.wants_receipt = false;
    mail_.body = MailText();
    MailGroupChange& change = mail_.group->change;
    switch (row->system) {
      case SystemMessage::member_added:
      case SystemMessage::member_removed: {
        const ContactId whom = row->info_contact.value_or(kSelf);
        EDGE_TRY(const MemberKey key, whom == kSelf
                                          ? base::Result<MemberKey>(chats::key_of(account_))
                                          : chats::key_of(scope_, whom));
        const std::string addr = address_of(key).addr;
        if (row->system == SystemMessage::member_removed) {
          change = MemberRemoved{addr, fingerprint_of(key)};
          return true;
        }
        change = MemberAdded{addr, fingerprint_of(key)};
        // A joiner waits for this header; others ignore it.
        mail_.join = MailJoin{"vg-member-added"};
        return true;
      }
      case SystemMessage::group_name:
        change = GroupRenamed{old_name_in(row->text, group_.state.name.value)};
        std::get<MailText>(mail_.body).text = row->text;
        return true;
      case SystemMessage::group_description:
        change = GroupDescribed();
        std::get<MailText>(mail_.body).text = row->text;
        return true;
      case SystemMessage::group_image:
        change = GroupImageChanged();
        std::get<MailText>(mail_.body).text = row->text;
        if (group_.state.image.value) {
          out.image = group_.row.image_blob;
        } else {
          mail_.group->image = MailPicture();
        }
        return true;
      default:
        return false;
    }
  }

  const store::Scope& scope_;
  const kernel::AccountState& account_;
  ChatMail& mail_;
  const chats::Group& group_;
};

}  // namespace

std::string stored_group_text(const store::Scope& scope, const GroupId& id) {
  const auto stored = store::find_message_id(scope, id);
  return stored && *stored ? **stored : group_text(id);
}

base::Result<> note_group_text(const kernel::WriteContext& write, const std::string& text) {
  if (has_plain_group_id(text)) return {};
  return store::note_message_id(write.scope, group_id_of(text), text);
}

base::Result<> take_group_picture(const kernel::WriteContext& write, chats::Group& group,
                                  const ChatMail& mail,
                                  const std::optional<store::BlobInfo>& picture) {
  const auto& named = group.state.image.value;
  if (group.stored.image == group.state.image) return {};
  std::optional<std::int64_t> fresh;
  if (named && picture && picture->hash == *named) {
    EDGE_TRY(fresh, insert_picture(write, *mail.group->image, *picture, "group"));
  }
  files::RemovedFiles files(write.core, write.account);
  EDGE_CHECK(chats::replace_picture(write, group.row.image_blob, fresh, files));
  files.remove_after(write.tx);
  return {};
}

base::Result<bool> take_group_mail(const kernel::WriteContext& write, const OpenedMail& opened,
                                   const store::ContactRow& sender,
                                   const std::optional<store::BlobInfo>& picture) {
  const ChatMail& mail = opened.mail;
  if (!opened.signer || !mail.group || mail.group->channel) return false;
  EDGE_TRY(auto group, chats::find_group(write.scope, group_id_of(mail.group->id)));
  if (group && group->state.channel) return false;
  GroupReading reading = reading_of(write, opened, group);
  if (picture) reading.image = picture->hash;
  if (group) reading.image_number = group->state.image.stamp.number;
  const GroupState said = state_in(mail, reading);
  const MemberKey self = chats::key_of(write.account);
  if (reading.known && !group->state.has(reading.sender)) return true;  // its contents wait
  // A stranger's mail counts only if it names us as a member.
  if (!reading.known && !said.has(self)) return false;
  bool too_many = false;
  if (sender.id != kSelf) {
    EDGE_TRY(too_many, receiving::brings_too_many(write, sender.id, said));
  }
  if (too_many) {
    return fail(Errc::unavailable, "a contact brings more strangers into groups than may be now");
  }
  const bool fresh = !group;
  if (!group) {
    EDGE_TRY(group, begin_mail_group(write, sender, mail.group->id));
    if (!group) return false;
  }
  const GroupState before = group->state;
  GroupState merged = merge(before, said);
  if (!fits(merged)) return true;
  const bool changed = merged != before;
  if (changed || !group->row.promoted) {
    group->state = std::move(merged);
    group->row.promoted = true;
    EDGE_CHECK(take_group_picture(write, *group, mail, picture));
    EDGE_CHECK(groups::save_group(write, *group));
  }
  EDGE_CHECK(learn_members(write, opened));
  if (!changed) return true;
  const bool added = std::holds_alternative<MemberAdded>(mail.group->change) && sender.id != kSelf;
  chats::Group shown = *group;
  shown.state = with_authors(before, group->state, mail, reading);
  EDGE_CHECK(
      groups::add_change_lines(write, shown, before, sender.id,
                               fresh && !added ? groups::GroupIs::fresh : groups::GroupIs::known));
  EDGE_CHECK(write.emit(ChatModified{group->row.chat}));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  write.signal(&kernel::Signals::group_changed, group->row.uuid);
  return true;
}

base::Result<GroupDigest> group_digest(const store::Scope& scope, const GroupId& id,
                                       ContactId sender) {
  EDGE_TRY(const auto group, chats::find_group(scope, id));
  if (!group) return GroupDigest{};
  EDGE_TRY(const MemberKey key, chats::key_of(scope, sender));
  return shown_to(group->state, key).digest();
}

base::Result<MailInvite::Group> invited_mail_group(const store::Scope& scope,
                                                   const kernel::AccountState& account,
                                                   ChatId chat) {
  EDGE_TRY(groups::InvitingGroup from, groups::inviting_group(scope, account, chat));
  return MailInvite::Group{stored_group_text(scope, from.group.row.uuid), std::move(from.name),
                           from.group.state.channel};
}

base::Result<ChatId> expect_mail_group(const kernel::WriteContext& write,
                                       const MailInvite& invite) {
  const std::string& text = invite.group->id;
  if (!is_group_id(text)) {
    return fail(Errc::invalid_argument,
                "the invite link's field x (group) is no group's id; ask for the link again");
  }
  EDGE_TRY(const auto known, chats::find_group(write.scope, group_id_of(text)));
  if (known && known->state.channel) {
    return fail(Errc::invalid_argument,
                fmt::format("the invite link is to a group with the id of the channel of chat {}; "
                            "ask for the link again",
                            known->row.chat.value));
  }
  if (known) {
    EDGE_CHECK(groups::accept_chat(write, known->row.chat));
    return known->row.chat;
  }
  EDGE_CHECK(note_group_text(write, text));
  GroupState state;
  state.name.value = plain_name(invite.group->name, kMaxGroupName);
  return groups::begin_joined_group(write, group_id_of(text), std::move(state));
}

base::Result<std::optional<GroupId>> group_of_content(const store::Scope& scope,
                                                      const Content& content) {
  using Found = std::optional<GroupId>;
  if (const auto* text = std::get_if<GroupText>(&content.body)) return Found(text->group);
  if (const auto* update = std::get_if<GroupUpdate>(&content.body)) return Found(update->group);
  if (const auto* timer = std::get_if<ChatTimer>(&content.body)) return timer->group;
  if (const auto* places = std::get_if<Locations>(&content.body)) return places->group;
  const MessageRef* ref = nullptr;
  if (const auto* change = std::get_if<MessageChange>(&content.body)) ref = &change->message;
  if (const auto* news = std::get_if<WebxdcNews>(&content.body)) ref = &news->app;
  if (ref == nullptr || !ref->author) return Found();
  EDGE_TRY(const auto message, chats::find_referred(scope, *ref, kSelf));
  if (!message) return Found();
  EDGE_TRY(const auto row, store::find_group(scope, message->chat));
  return row ? Found(row->uuid) : Found();
}

base::Result<GroupFrame> frame_group(const store::Scope& scope, const kernel::AccountState& account,
                                     ChatMail& mail, const GroupId& id, const Content& content,
                                     std::optional<MsgId> line, bool introduce) {
  EDGE_TRY(const auto group, chats::find_group(scope, id));
  if (!group) return GroupFrame{};  // it was deleted meanwhile
  return GroupFramer(scope, account, mail, *group).frame(content, line, introduce);
}

base::Result<GroupFrame> frame_welcome(const store::Scope& scope,
                                       const kernel::AccountState& account, ChatMail& mail,
                                       const GroupId& id, ContactId joiner) {
  EDGE_TRY(const auto group, chats::find_group(scope, id));
  if (!group) return GroupFrame{};
  return GroupFramer(scope, account, mail, *group).frame_joiner(joiner);
}

}  // namespace messaging::mail
