// Protected files in groups and channels. A file is granted to each member who is in the group when
// it is protected, by a decision of its own. Who joins later has no grant until the owner gives
// one; who leaves or is taken out has its access revoked by the owner, whoever took it out. What
// was given to the contact alone, in a chat with it, or as a member of another group stands beside
// it and outlives the membership: of all that stands the holder has what was decided last.
//
// In the writer's transaction where a WriteContext is asked for.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/scope.h"

namespace messaging::receiving {

// Why nothing can be protected for a chat's members now, in words for a person.
base::Result<> check_members(const store::Scope& scope, const kernel::AccountState& account,
                             ChatId chat);

// The members but us, who know of the group and are asked for a session where there is none.
base::Result<std::vector<ContactId>> members_to_grant(const kernel::WriteContext& write,
                                                      ChatId chat);

// The group of this chat, of which `peer` is a member.
base::Result<store::Uuid> group_to_grant(const store::Scope& scope, ChatId chat, ContactId peer);

base::Result<> check_group(const store::Scope& scope, ChatId chat);
// A member, by its address, is asked for a session where there is none, so that grants reach it.
base::Result<> meet_by_addr(const kernel::WriteContext& write, ChatId chat,
                            const std::string& addr);

}  // namespace messaging::receiving
