#include "messaging/groups/group_sending.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/groups/giving_up.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/protocol.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/contacts.h"

namespace messaging::groups {

using base::Errc;
using base::fail;

base::Result<> check_can_write(const store::Scope& scope, const kernel::AccountState& account,
                               const store::ChatRow& chat) {
  EDGE_TRY(const store::GroupRow row, chats::load_group_row(scope, chat.id));
  if (!row.self_present) {
    return fail(Errc::forbidden,
                fmt::format("cannot send to chat {}: you are not a member of it (any more)",
                            chat.id.value));
  }
  if (chat.type == ChatType::group) return {};  // all members send, whatever its state says
  EDGE_TRY(const chats::Group group, chats::load_group(scope, chat));
  if (!group.is_owner(chats::key_of(account))) {
    return fail(Errc::forbidden,
                fmt::format("cannot send to chat {}: it is a channel; only its owner sends",
                            chat.id.value));
  }
  return {};
}

base::Result<bool> is_alone(const kernel::WriteContext& write, ChatId chat) {
  EDGE_TRY(const auto members, store::list_members(write.scope, chat));
  const bool others = std::any_of(members.begin(), members.end(),
                                  [](const store::MemberRow& member) { return member.present; });
  if (others) return false;
  EDGE_TRY(const bool devices, write.protocol().has_other_devices(write));
  return !devices;
}

namespace {

constexpr std::size_t kMessagesForReader = 10;
constexpr std::int64_t kMarksForReader = 100;  // with lines and failed messages

bool is_for_new_reader(const store::MessageMark& mark) {
  const bool sent = mark.state == MsgState::out_pending || mark.state == MsgState::out_delivered ||
                    mark.state == MsgState::out_read;
  return mark.from == kSelf && !mark.is_info && sent && mark.type != Viewtype::call;
}

// Gives the message up for members whose rows do not open. True: there are none.
base::Result<bool> give_up_unreadable(const kernel::WriteContext& write, ChatId chat,
                                      MsgId message) {
  EDGE_TRY(const auto members, store::list_members(write.scope, chat));
  bool all = true;
  for (const store::MemberRow& member : members) {
    if (!member.present) continue;
    EDGE_TRY(const bool opens, contact_opens(write.scope, member.contact));
    if (opens) continue;
    EDGE_CHECK(give_up_recipient(write, message, member.contact));
    all = false;
  }
  return all;
}

}  // namespace

base::Result<> queue_group_message(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const store::MessageRow& row) {
  EDGE_TRY(chats::Group group, chats::load_group(write.scope, chat));
  EDGE_CHECK(promote(write, group));
  GroupText text;
  text.group = group.row.uuid;
  EDGE_TRY(text.message, outbox::compose_text(write, row, chats::Among::group));
  EDGE_TRY(const auto contacts, audience(write, chat.id));
  EDGE_TRY(const bool all, give_up_unreadable(write, chat.id, row.id));
  if (contacts.empty() && row.state == MsgState::out_delivered) {
    return write.emit(MsgDelivered{chat.id, row.id});
  }
  if (contacts.empty()) return all ? outbox::note_delivered(write, row.id) : base::Result<>{};
  text.digest = group.state.digest();
  for (const ContactId contact : contacts) {
    EDGE_CHECK(meet_member(write, group, contact));
    GroupText one = text;
    if (group.state.channel) {
      EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
      one.digest = shown_to(group.state, key).digest();
    }
    if (row.blob_id) {
      EDGE_TRY(one.message.file, outbox::queue_file(write, contact, row.id, *row.blob_id));
    }
    EDGE_CHECK(outbox::queue_content(write, contact, Content{row.uuid, std::move(one)}, row.id));
  }
  return {};
}

base::Result<> queue_last_messages(const kernel::WriteContext& write, ChatId chat,
                                   ContactId reader) {
  EDGE_TRY(const chats::Group group, chats::load_group(write.scope, chat));
  EDGE_TRY(auto marks, store::last_messages_of_chat(write.scope, chat, kMarksForReader));
  std::erase_if(marks, [](const auto& mark) { return !is_for_new_reader(mark); });
  if (marks.size() > kMessagesForReader) marks.resize(kMessagesForReader);
  std::reverse(marks.begin(), marks.end());
  for (const store::MessageMark& mark : marks) {
    EDGE_TRY(const store::MessageRow row, store::load_message(write.scope, mark.id));
    GroupText text;
    text.group = group.row.uuid;
    EDGE_TRY(text.message, outbox::compose_text(write, row, chats::Among::group));
    if (row.blob_id) {
      EDGE_TRY(text.message.file, outbox::queue_file(write, reader, std::nullopt, *row.blob_id));
    }
    EDGE_CHECK(outbox::queue_content(write, reader, Content{row.uuid, std::move(text)}));
  }
  return {};
}

base::Result<> queue_for_members(const kernel::WriteContext& write, ChatId chat,
                                 const Content& content) {
  EDGE_TRY(chats::Group group, chats::load_group(write.scope, chat));
  if (!group.row.promoted) return {};
  EDGE_TRY(const auto contacts, audience(write, chat));
  for (const ContactId contact : contacts) {
    EDGE_CHECK(meet_member(write, group, contact));
    EDGE_CHECK(outbox::queue_content(write, contact, content));
  }
  return {};
}

}  // namespace messaging::groups
