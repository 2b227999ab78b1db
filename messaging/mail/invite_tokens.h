// Invite tokens: the two words of an invite's link, as rows of invites have them. Delta Chat keeps
// the number of an invite and makes another secret for each link: such a secret that another device
// of ours made is a row of its own, under the number and the secret with a blank between them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/invites.h"

namespace messaging::mail {

inline constexpr std::size_t kInviteAuthBytes = 18;  // 24 characters, as Delta Chat's
inline constexpr std::size_t kMostInvites = 300;     // live ones; the oldest end

std::string invite_auth(const store::InviteRow& invite);
std::string invite_number(const store::InviteRow& invite);

// Another device published this invite. Errc::invalid_argument: its secret has another form.
base::Result<> learn_invite(const kernel::WriteContext& write, std::string_view number,
                            std::string_view auth, std::optional<base::ChatId> chat);
// All with this number.
base::Result<> withdraw_invites(const kernel::WriteContext& write, std::string_view number);

}  // namespace messaging::mail
