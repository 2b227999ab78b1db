// Invites of ours: the link of an account or a group, and the token in it that admits requests to
// join. In the writer's transaction.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/invites.h"

namespace messaging::peering {

// The live one's link; an invite is made when there is none.
base::Result<std::string> invite_link(const kernel::WriteContext& write,
                                      std::optional<ChatId> chat);
// A live invite is withdrawn, a withdrawn one is live again.
base::Result<> toggle_invite(const kernel::WriteContext& write, const store::InviteRow& own);

}  // namespace messaging::peering
