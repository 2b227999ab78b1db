// Restored sessions: an account that came from a backup or another gateway has none, because the
// ratchets of a copy may be older than what contacts have seen (docs/protocol.md, "Restored
// stores"). It asks each contact for a new one, which also informs the contact of where the account
// is reached now. A slice of the contacts in each write; one that is away is asked again now and
// then. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::peering {

// Generations of sessions (docs/protocol.md) from the restoration on are above all that an earlier
// copy of the account ever used: they begin at its time, in milliseconds times 2^20. So a contact
// sees that the account was restored, and withdraws what an earlier copy holds to reach it: one
// that comes back can ask for no session any more.
constexpr std::int64_t epoch_of(std::int64_t generation) { return generation >> 20; }
// The least generation of a session that begins now; 0 where the account was never restored.
base::Result<std::int64_t> least_generation(const kernel::WriteContext& write);

// Begins with all contacts, in a new epoch.
base::Result<> reconnect_all(const kernel::WriteContext& write);
// Handles the next slice; maintenance calls it.
base::Result<> reconnect_due(const kernel::WriteContext& write);

// The account lives on another gateway from now on: deletes its sessions here.
base::Result<> forget_links(const kernel::WriteContext& write);

}  // namespace messaging::peering
