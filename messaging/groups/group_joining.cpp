#include "messaging/groups/group_joining.h"

#include <fmt/format.h>

#include "crypto/encoding.h"
#include "messaging/groups/group_rules.h"
#include "messaging/model/plain_name.h"
#include "store/tables/chats.h"

namespace messaging::groups {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kChannel = "c~";

}  // namespace

std::string group_mark_text(const GroupMark& mark) {
  return std::string(mark.channel ? kChannel : "") + crypto::base64url_encode(mark.id);
}

base::Result<GroupMark> parse_group_mark(const std::string& text) {
  GroupMark mark;
  mark.channel = text.starts_with(kChannel);
  if (!crypto::base64url_decode_to(text.substr(mark.channel ? kChannel.size() : 0), mark.id)) {
    return fail(Errc::invalid_argument,
                "the invite link's field x (group) is not a group of this kind of gateway");
  }
  return mark;
}

base::Result<InvitingGroup> inviting_group(const store::Scope& scope,
                                           const kernel::AccountState& account, ChatId chat) {
  EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
  if (row.type == ChatType::single) {
    return fail(
        Errc::invalid_argument,
        fmt::format("chat_id: chat {} is not a group; pass null for your own invite", chat.value));
  }
  EDGE_TRY(chats::Group group, chats::load_group(scope, chat));
  if (!group.row.self_present || !group.is_owner(chats::key_of(account))) {
    return fail(Errc::forbidden,
                fmt::format("chat_id: you cannot invite to chat {}: {}", chat.value,
                            group.row.self_present ? "only a channel's owner can"
                                                   : "you are not a member of it"));
  }
  std::string name = plain_name(group.row.name, kMaxGroupName);
  if (name.empty()) name = group.state.channel ? "Channel" : "Group";  // an invite needs a name
  return InvitingGroup{std::move(group), std::move(name)};
}

base::Result<crypto::Invite::Group> invited_group(const store::Scope& scope,
                                                  const kernel::AccountState& account,
                                                  ChatId chat) {
  EDGE_TRY(InvitingGroup from, inviting_group(scope, account, chat));
  return crypto::Invite::Group{group_mark_text({from.group.row.uuid, from.group.state.channel}),
                               std::move(from.name)};
}

base::Result<> accept_chat(const kernel::WriteContext& write, ChatId chat) {
  EDGE_TRY(store::ChatRow row, store::load_chat(write.scope, chat));
  if (row.blocked == store::ChatBlocked::no) return {};
  row.blocked = store::ChatBlocked::no;
  EDGE_CHECK(store::update_chat(write.scope, row));
  return write.emit(ChatModified{chat});
}

base::Result<ChatId> begin_joined_group(const kernel::WriteContext& write, const GroupId& id,
                                        GroupState state) {
  EDGE_TRY(chats::Group group, make_group(write, id, std::move(state), store::ChatBlocked::no));
  group.row.promoted = true;
  EDGE_CHECK(save_group(write, group));
  return group.row.chat;
}

base::Result<ChatId> expect_group(const kernel::WriteContext& write, const crypto::Invite& invite) {
  EDGE_TRY(const GroupMark mark, parse_group_mark(invite.group->id));
  EDGE_TRY(const auto known, chats::find_group(write.scope, mark.id));
  if (known) {
    EDGE_CHECK(accept_chat(write, known->row.chat));
    return known->row.chat;
  }
  GroupState state;
  state.channel = mark.channel;
  if (mark.channel) state.owner = invite.identity.bytes();
  state.name.value = invite.group->name;
  return begin_joined_group(write, mark.id, std::move(state));
}

base::Result<> add_joiner(const kernel::WriteContext& write, const store::InviteRow& invite,
                          ContactId contact) {
  if (!invite.chat || invite.withdrawn) return {};
  EDGE_TRY(const auto row, store::find_group(write.scope, *invite.chat));
  if (!row || !row->self_present) return {};
  EDGE_TRY(chats::Group group, chats::load_group(write.scope, *invite.chat));
  EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
  EDGE_CHECK(promote(write, group));
  // A member that joins again lost its copy of the state.
  if (group.state.has(key)) return send_to_member(write, group, contact, {.with_image = true});
  return add_member(write, group, contact);
}

}  // namespace messaging::groups
