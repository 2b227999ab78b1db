// Joining a group or channel by its invite link: the link's fields x and g, and the steps at both
// sides besides the join itself (messaging/peering/joining.h). In the writer's transaction.
//
//   x = base64url of the group's id, after "c~" for a channel
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/invite.h"
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

// The invite's group; an error for a chat that we cannot invite to.
base::Result<crypto::Invite::Group> invited_group(const store::Scope& scope,
                                                  const kernel::AccountState& account, ChatId chat);

// The joiner's side: finds or creates the group's chat; the inviter's state will fill it.
base::Result<ChatId> expect_group(const kernel::WriteContext& write, const crypto::Invite& invite);

// The inviter's side: a contact that proved the secret of a group's invite becomes a member.
base::Result<> admit_joiner(const kernel::WriteContext& write, const store::InviteRow& invite,
                            ContactId contact);

}  // namespace messaging::groups
