// Protected files in groups and channels. A file is granted to each member who is in the group when
// it is protected, by a decision for each. A member who joins later has no grant until the owner
// gives one; the owner's gateway revokes the access of a member who leaves or is removed, whoever
// removed it. Accesses that the contact was given alone, in a 1:1 chat, or as a member of another
// group are independent and outlive the membership: the latest decision in force applies.
//
// Functions with a WriteContext run in the writer's transaction.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/scope.h"

namespace messaging::receiving {

// An error with a text for a person when nothing can be protected for a chat's members now.
base::Result<> check_members(const store::Scope& scope, const kernel::AccountState& account,
                             ChatId chat);

// The other members. Promotes the group, and requests sessions with members that have none.
base::Result<std::vector<ContactId>> members_to_grant(const kernel::WriteContext& write,
                                                      ChatId chat);

// The group of this chat; an error unless `peer` is a member.
base::Result<store::Uuid> group_to_grant(const store::Scope& scope, ChatId chat, ContactId peer);

base::Result<> check_group(const store::Scope& scope, ChatId chat);
// Requests a session with the member that has this address, unless there is one, so that grants
// reach it.
base::Result<> meet_by_addr(const kernel::WriteContext& write, ChatId chat,
                            const std::string& addr);

}  // namespace messaging::receiving
