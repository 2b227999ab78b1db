// Joining a group or channel by its invite link: the link's fields x and g, and the steps at both
// sides besides the join itself (messaging/peering/joining.h). In the writer's transaction.
//
//   x = base64url of the group's id, after "c~" for a channel
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/invite.h"
#include "messaging/chats/group_row.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/group_state.h"
#include "messaging/model/types.h"
#include "store/tables/groups.h"
#include "store/tables/invites.h"

namespace messaging::groups {

struct GroupMark {
  GroupId id{};
  bool channel = false;
};
std::string group_mark_text(const GroupMark& mark);
base::Result<GroupMark> parse_group_mark(const std::string& text);

// The group of a chat that we may invite to, with a name for the invite. Errc::invalid_argument or
// forbidden for any other chat.
struct InvitingGroup {
  chats::Group group;
  std::string name;
};
base::Result<InvitingGroup> inviting_group(const store::Scope& scope,
                                           const kernel::AccountState& account, ChatId chat);
// The same as an invite of the gateways' own protocol has it.
base::Result<crypto::Invite::Group> invited_group(const store::Scope& scope,
                                                  const kernel::AccountState& account, ChatId chat);

// The joiner's side. Joining accepts the chat of a known group; an unknown one is created, and the
// inviter's state will fill it.
base::Result<> accept_chat(const kernel::WriteContext& write, ChatId chat);
base::Result<ChatId> begin_joined_group(const kernel::WriteContext& write, const GroupId& id,
                                        GroupState state);
// Either one, for an invite of the gateways' own protocol.
base::Result<ChatId> expect_group(const kernel::WriteContext& write, const crypto::Invite& invite);

// The inviter's side: a contact that proved the secret of a group's invite becomes a member.
base::Result<> add_joiner(const kernel::WriteContext& write, const store::InviteRow& invite,
                          ContactId contact);

}  // namespace messaging::groups
