// The info messages in a chat about changes of its group (group_rules.h).
#include <fmt/format.h>

#include "messaging/chats/chat_rules.h"
#include "messaging/groups/group_rules.h"
#include "messaging/model/plain_name.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"

namespace messaging::groups {
namespace {

struct Person {
  std::optional<ContactId> contact;
  std::string name;  // as used in a sentence
  bool is_self() const { return contact == kSelf; }
};

base::Result<Person> person(const kernel::WriteContext& write, const MemberKey& key) {
  EDGE_TRY(const auto row, chats::find_contact_by_key(write.scope, key));
  if (!row) return Person{std::nullopt, "Somebody"};
  if (row->id == kSelf) return Person{kSelf, "You"};
  return Person{row->id, chats::shown_name(*row)};
}

// Adds a line from the author of a change.
base::Result<> add_line(const kernel::WriteContext& write, const chats::Group& group,
                        const Person& author, ContactId sender, SystemMessage system,
                        std::string text, std::optional<ContactId> about) {
  store::MessageRow row;
  row.chat = group.row.chat;
  row.from = author.contact.value_or(sender);
  row.uuid = store::random_uuid();
  row.state = row.from == kSelf ? MsgState::out_delivered : MsgState::in_noticed;
  row.type = Viewtype::text;
  row.system = system;
  row.is_info = true;
  row.encrypted = true;
  row.text = std::move(text);
  row.info_contact = about ? about : author.contact;
  row.received_at = write.tx.now();
  if (system == SystemMessage::group_image) row.blob_id = group.row.image_blob;
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, group.row.chat));
  if (chat.blocked == store::ChatBlocked::yes) return {};
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  EDGE_CHECK(write.emit(IncomingMsg{row.chat, row.id}));
  return write.emit(ChatlistChanged{});
}

base::Result<> add_membership_line(const kernel::WriteContext& write, const chats::Group& group,
                                   const MemberKey& key, const Membership& member,
                                   ContactId sender) {
  EDGE_TRY(const Person author, person(write, member.author));
  EDGE_TRY(const Person whom, person(write, key));
  if (!whom.contact) return {};  // joined and left before this contact was known
  const std::string object = whom.is_self() ? "you" : whom.name;
  std::string text;
  if (member.present) {
    text = author.contact == whom.contact ? fmt::format("{} joined.", whom.name)
                                          : fmt::format("{} added {}.", author.name, object);
  } else {
    text = author.contact == whom.contact ? fmt::format("{} left.", whom.name)
                                          : fmt::format("{} removed {}.", author.name, object);
  }
  return add_line(write, group, author, sender,
                  member.present ? SystemMessage::member_added : SystemMessage::member_removed,
                  std::move(text), whom.contact);
}

}  // namespace

base::Result<store::MessageRow> add_own_line(const kernel::WriteContext& write,
                                             const chats::Group& group, SystemMessage system,
                                             std::string text, std::optional<ContactId> about,
                                             std::optional<std::int64_t> image, bool to_somebody) {
  store::MessageRow row;
  row.chat = group.row.chat;
  row.from = kSelf;
  row.uuid = store::random_uuid();
  row.state = to_somebody ? MsgState::out_pending : MsgState::out_delivered;
  row.type = Viewtype::text;
  row.system = system;
  row.is_info = true;
  row.encrypted = true;
  row.text = std::move(text);
  row.info_contact = about.value_or(kSelf);
  row.blob_id = image;
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  EDGE_CHECK(chats::emit_changed(write.tx, write.account.id, row.chat, row.id));
  return row;
}

base::Result<> add_change_lines(const kernel::WriteContext& write, const chats::Group& group,
                                const GroupState& before, ContactId sender) {
  const GroupState& now = group.state;
  const MemberKey self = chats::key_of(write.account);
  if (!before.has(self) && now.has(self)) {
    // One line covers all changes before we joined.
    return add_membership_line(write, group, self, now.members.at(self), sender);
  }
  if (!before.has(self)) return {};
  for (const auto& [key, member] : now.members) {
    if (before.has(key) == member.present) continue;
    EDGE_CHECK(add_membership_line(write, group, key, member, sender));
  }
  const auto changed = [&](const auto& was, const auto& is, SystemMessage system,
                           auto words) -> base::Result<> {
    if (was.value == is.value) return {};
    EDGE_TRY(const Person author, person(write, is.stamp.author));
    return add_line(write, group, author, sender, system, words(author.name), std::nullopt);
  };
  EDGE_CHECK(changed(before.name, now.name, SystemMessage::group_name, [&](const auto& who) {
    return fmt::format("{} changed the name from \"{}\" to \"{}\".", who,
                       plain_name(before.name.value, kMaxGroupName),
                       plain_name(now.name.value, kMaxGroupName));
  }));
  EDGE_CHECK(changed(before.description, now.description, SystemMessage::group_description,
                     [](const auto& who) { return who + " changed the description."; }));
  return changed(before.image, now.image, SystemMessage::group_image, [&](const auto& who) {
    return who + (now.image.value ? " changed the picture." : " removed the picture.");
  });
}

base::Result<> add_member(const kernel::WriteContext& write, chats::Group& group,
                          ContactId contact) {
  EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  const MemberKey self = chats::key_of(write.account);
  if (group.state.present().size() >= kMaxMembers ||
      group.state.members.size() >= kMaxMemberEntries) {
    return base::fail(base::Errc::exhausted,
                      fmt::format("the group is full: it has {} members", kMaxMembers));
  }
  MemberCard card;
  card.addr = row.addr;
  card.name = row.auth_name;
  card.bot = row.bot;
  group.state.members[key] = {group.state.next_number(), true, self, std::move(card)};
  EDGE_CHECK(publish_card(write, group));
  EDGE_CHECK(save_group(write, group));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  if (!group.row.promoted) return write.emit(ChatlistChanged{});
  EDGE_TRY(const Person whom, person(write, key));
  EDGE_TRY(const store::MessageRow line,
           add_own_line(write, group, SystemMessage::member_added,
                        fmt::format("You added {}.", whom.name), contact, std::nullopt, true));
  return send_to_members(write, group, {line.id, line.uuid});
}

}  // namespace messaging::groups
