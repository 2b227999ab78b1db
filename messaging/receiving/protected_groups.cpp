#include "messaging/receiving/protected_groups.h"

#include <fmt/format.h>

#include "messaging/groups/group_rules.h"
#include "messaging/groups/group_sending.h"
#include "messaging/protected/protected_access.h"

namespace messaging::receiving {

using base::Errc;
using base::fail;
using store::FileAccessRow;

base::Result<> check_members(const store::Scope& scope, const kernel::AccountState& account,
                             ChatId chat) {
  EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
  if (protection::is_single(row)) {
    return fail(Errc::invalid_argument,
                fmt::format("chat_id: chat {} is with a single contact, not a group "
                            "(privitty_send_file is for one)",
                            chat.value));
  }
  EDGE_CHECK(groups::check_can_write(scope, account, row));
  EDGE_TRY(const auto members, groups::recipients(scope, chat));
  if (!members.empty()) return {};
  return fail(Errc::invalid_argument,
              fmt::format("chat_id: nobody but this account is in chat {}; add members first "
                          "(add_contact_to_chat)",
                          chat.value));
}

base::Result<std::vector<ContactId>> members_to_grant(const kernel::WriteContext& write,
                                                      ChatId chat) {
  EDGE_TRY(chats::Group group, chats::load_group(write.scope, chat));
  EDGE_CHECK(groups::promote(write, group));  // the group's state is sent before its contents
  EDGE_TRY(auto members, groups::recipients(write.scope, chat));
  for (const ContactId member : members) EDGE_CHECK(groups::meet_member(write, group, member));
  return members;
}

base::Result<store::Uuid> group_to_grant(const store::Scope& scope, ChatId chat, ContactId peer) {
  EDGE_TRY(const chats::Group group, chats::load_group(scope, chat));
  EDGE_TRY(const auto member, store::find_member(scope, chat, peer));
  if (member && member->present && group.row.self_present) return group.row.uuid;
  return fail(
      Errc::invalid_argument,
      group.row.self_present
          ? fmt::format("peer_contact_id: contact {} is not a member of chat {} (any more)",
                        peer.value, chat.value)
          : fmt::format("chat_id: this account is not a member of chat {} (any more)", chat.value));
}

base::Result<> check_group(const store::Scope& scope, ChatId chat) {
  EDGE_CHECK(chats::load_group(scope, chat));
  return {};
}

base::Result<> meet_by_addr(const kernel::WriteContext& write, ChatId chat,
                            const std::string& addr) {
  EDGE_TRY(const chats::Group group, chats::load_group(write.scope, chat));
  EDGE_TRY(const auto members, groups::recipients(write.scope, chat));
  for (const ContactId member : members) {
    EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, member));
    if (row.addr == addr) return groups::meet_member(write, group, member);
  }
  return fail(Errc::not_found,
              fmt::format("member_addr: no other member of chat {} has the address "
                          "{}",
                          chat.value, addr));
}

}  // namespace messaging::receiving
