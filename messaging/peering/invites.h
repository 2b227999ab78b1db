// Our own invites: the link of an account or a group, and the token in it that allows join
// requests. In the writer's transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/invite.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/invites.h"

namespace messaging::peering {

// An invite of the gateways' own protocol; the names in it, which come from the peer, made plain.
base::Result<crypto::Invite> read_invite(std::string_view link);

// The link of the live invite, which is created when there is none.
base::Result<std::string> invite_link(const kernel::WriteContext& write,
                                      std::optional<ChatId> chat);
// Withdraws a live invite; makes a withdrawn one live again.
base::Result<> toggle_invite(const kernel::WriteContext& write, const store::InviteRow& own);

// Deletes all invites and their tokens, because the account has another identity.
base::Result<> forget_invites(const kernel::WriteContext& write);

}  // namespace messaging::peering
