// GroupWays: how members of a group who never joined each other reach each other: a member's card
// holds the group's introduction token, which allows session requests (decision 11). Functions with
// a WriteContext run in the writer's transaction.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/group_state.h"
#include "messaging/model/types.h"
#include "store/tables/contacts.h"

namespace messaging::peering {

// These implement Protocol (messaging/kernel/protocol.h).
base::Result<> show_ways(const kernel::WriteContext& write, std::optional<ChatId> group,
                         MemberCard& ours);
base::Result<> take_ways(const kernel::WriteContext& write, store::ContactRow& contact,
                         const MemberCard& card);
base::Result<> meet(const kernel::WriteContext& write, ContactId contact, const GroupId& group,
                    const MemberCard& card);
// Closes the group's introduction and its invites.
base::Result<> close_ways(const store::Scope& scope, ChatId chat);

// For session requests by a group's introduction. introduced_by(): the group whose card for this
// contact has the token; empty: none. introduces(): whether the token of `chat` allows a request
// that names this group. The requester's membership is not checked: the state that makes it a
// member (again) may not have arrived yet.
base::Result<base::Bytes> introduced_by(const store::Scope& scope, ContactId contact,
                                        const std::array<std::uint8_t, 32>& token);
base::Result<bool> introduces(const store::Scope& scope, ChatId chat, base::ByteView group);

}  // namespace messaging::peering
