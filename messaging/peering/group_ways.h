// GroupWays: how members of a group reach each other who never joined each other: by the group's
// introduction token on a member's card, which admits requests for sessions (decision 11). What
// takes a WriteContext runs in the writer's transaction.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/group_state.h"
#include "messaging/model/types.h"
#include "store/tables/contacts.h"

namespace messaging::peering {

// See Protocol (messaging/kernel/protocol.h), which these are for.
base::Result<> show_ways(const kernel::WriteContext& write, ChatId group, MemberCard& ours);
base::Result<> take_ways(const kernel::WriteContext& write, store::ContactRow& contact,
                         const MemberCard& card);
base::Result<> meet(const kernel::WriteContext& write, ContactId contact, const GroupId& group,
                    const MemberCard& card);
// Neither by its introduction nor by an invite.
base::Result<> close_ways(const store::Scope& scope, ChatId chat);

// For session requests that a group introduces. The group whose card of a contact has this token,
// empty without one; and whether a group's token admits a request that names this group. Who asks
// is not judged: we may not have heard yet that it is (again) a member.
base::Result<base::Bytes> introduced_by(const store::Scope& scope, ContactId contact,
                                        const std::array<std::uint8_t, 32>& token);
base::Result<bool> introduces(const store::Scope& scope, ChatId chat, base::ByteView group);

}  // namespace messaging::peering
