// The info messages in a chat about changes of its group (group_rules.h).
#include <fmt/format.h>

#include "messaging/chats/chat_rules.h"
#include "messaging/groups/group_rules.h"
#include "messaging/model/plain_name.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"

namespace messaging::groups {
namespace {

using kernel::Stock;

// The texts are those of Delta Chat's core, which its clients and bots know.
struct Person {
  std::optional<ContactId> contact;
  std::string name;  // as used in a sentence
  bool is_self() const { return contact == kSelf; }
};

base::Result<Person> person(const kernel::WriteContext& write, const MemberKey& key) {
  EDGE_TRY(const auto row, chats::find_contact_by_key(write.scope, key));
  if (!row) return Person{std::nullopt, "Somebody"};
  if (row->id == kSelf) return Person{kSelf, "Me"};
  return Person{row->id, chats::shown_name(*row)};
}

std::string text_of_membership(const kernel::StockStrings& words, const chats::Group& group,
                               bool present, const Person& whom, const Person& author) {
  const bool by_itself = author.contact == whom.contact;
  // A change of ours at another device.
  if (author.is_self() && !group.state.channel && (!present || !by_itself)) {
    if (by_itself) return words.get(Stock::we_left_group, "You left the group.");
    return present ? words.fill(Stock::we_added_member, "You added member %1$s.", {whom.name})
                   : words.fill(Stock::we_removed_member, "You removed member %1$s.", {whom.name});
  }
  if (present) {
    if (group.state.channel && whom.is_self()) return "You joined the channel.";
    return by_itself ? words.fill(Stock::member_added, "Member %1$s added.", {whom.name})
                     : words.fill(Stock::member_added_by, "Member %1$s added by %2$s.",
                                  {whom.name, author.name});
  }
  return by_itself ? words.fill(Stock::group_left_by, "Group left by %1$s.", {whom.name})
                   : words.fill(Stock::member_removed_by, "Member %1$s removed by %2$s.",
                                {whom.name, author.name});
}

// Whether a line is reported as a message that came, or as a change of the chat.
enum class LineEvent { incoming, changed };

// Adds a line in the name of a change's author.
base::Result<> add_line(const kernel::WriteContext& write, const chats::Group& group,
                        const Person& author, ContactId sender, SystemMessage system,
                        std::string text, std::optional<ContactId> about,
                        LineEvent event = LineEvent::incoming) {
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
  if (event == LineEvent::changed || row.from == kSelf) {
    return chats::emit_changed(write.tx, write.account.id, row.chat, row.id);
  }
  EDGE_CHECK(write.emit(IncomingMsg{row.chat, row.id}));
  return write.emit(ChatlistChanged{});
}

base::Result<> add_membership_line(const kernel::WriteContext& write, const chats::Group& group,
                                   const MemberKey& key, const Membership& member,
                                   ContactId sender) {
  EDGE_TRY(const Person author, person(write, member.author));
  EDGE_TRY(const Person whom, person(write, key));
  if (!whom.contact) return {};  // joined and left before this contact was known
  const bool left = !member.present && author.contact == whom.contact;
  // A channel's owner gets no line for each reader who stopped reading it.
  if (left && group.state.channel && !whom.is_self()) return {};
  return add_line(write, group, author, sender,
                  member.present ? SystemMessage::member_added : SystemMessage::member_removed,
                  text_of_membership(write.core.stock, group, member.present, whom, author),
                  whom.contact, left ? LineEvent::changed : LineEvent::incoming);
}

// A change in a channel that names no author is its owner's.
std::string by_whom(const chats::Group& group, std::string text, const std::string& who) {
  return group.state.channel ? text + "." : fmt::format("{} by {}.", text, who);
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
                                const GroupState& before, ContactId sender, GroupIs kind) {
  const GroupState& now = group.state;
  const MemberKey self = chats::key_of(write.account);
  if (!before.has(self) && now.has(self)) {
    // One line covers all changes before we joined. A new group begins with its first message.
    if (kind == GroupIs::fresh && !now.channel) return {};
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
    return add_line(write, group, author, sender, system, words(author), std::nullopt);
  };
  const std::string_view what = now.channel ? "Channel" : "Group";
  const kernel::StockStrings& words = write.core.stock;
  EDGE_CHECK(changed(before.name, now.name, SystemMessage::group_name, [&](const Person& author) {
    const std::string& who = author.name;
    if (!now.channel && author.is_self()) {
      return words.fill(Stock::we_renamed_group,
                        "You changed group name from \"%1$s\" to \"%2$s\".",
                        {plain_name(before.name.value, kMaxGroupName),
                         plain_name(now.name.value, kMaxGroupName)});
    }
    if (!now.channel) {
      return words.fill(Stock::group_renamed_by,
                        "Group name changed from \"%1$s\" to \"%2$s\" by %3$s.",
                        {plain_name(before.name.value, kMaxGroupName),
                         plain_name(now.name.value, kMaxGroupName), who});
    }
    return by_whom(group,
                   fmt::format("{} name changed from \"{}\" to \"{}\"", what,
                               plain_name(before.name.value, kMaxGroupName),
                               plain_name(now.name.value, kMaxGroupName)),
                   who);
  }));
  EDGE_CHECK(changed(before.description, now.description, SystemMessage::group_description,
                     [&](const Person& author) -> std::string {
                       if (author.is_self()) return "You changed the chat description.";
                       return by_whom(group, "Chat description changed", author.name);
                     }));
  return changed(before.image, now.image, SystemMessage::group_image, [&](const Person& author) {
    const std::string& who = author.name;
    if (!now.channel && author.is_self()) {
      return now.image.value ? words.get(Stock::we_changed_image, "You changed the group image.")
                             : words.get(Stock::we_deleted_image, "You deleted the group image.");
    }
    if (!now.channel) {
      return now.image.value
                 ? words.fill(Stock::image_changed_by, "Group image changed by %1$s.", {who})
                 : words.fill(Stock::image_deleted_by, "Group image deleted by %1$s.", {who});
    }
    return by_whom(group, fmt::format("{} image {}", what, now.image.value ? "changed" : "deleted"),
                   who);
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
  const std::uint64_t number = next_membership(write, group.state, key, true);
  group.state.members[key] = {number, true, self, std::move(card)};
  EDGE_CHECK(publish_card(write, group));
  EDGE_CHECK(save_group(write, group));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  if (!group.row.promoted) return write.emit(ChatlistChanged{});
  EDGE_TRY(const Person whom, person(write, key));
  const kernel::StockStrings& words = write.core.stock;
  // Subscribers of a channel come by themselves.
  std::string text =
      group.state.channel
          ? words.fill(Stock::member_added, "Member %1$s added.", {whom.name})
          : words.fill(Stock::we_added_member, "You added member %1$s.", {whom.name});
  EDGE_TRY(const store::MessageRow line,
           add_own_line(write, group, SystemMessage::member_added, std::move(text), contact,
                        std::nullopt, true));
  if (!announces_to_all_readers(write, group)) {
    return send_to_member(write, group, contact, {line.id, line.uuid});
  }
  return send_to_members(write, group, {line.id, line.uuid});
}

}  // namespace messaging::groups
