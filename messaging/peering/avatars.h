// Sends our profile picture to the contacts whose copy differs. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::peering {

// Queues the picture for some of the contacts with a session whose copy differs; signals
// profile_changed() when there may be more.
base::Result<> send_avatar(const kernel::WriteContext& write);
// A contact has a session now.
base::Result<> offer_avatar(const kernel::WriteContext& write);

}  // namespace messaging::peering
