// The position of a contact's message in the chat, by the sender's numbers. If a number decreases
// although the message was encrypted later, the sender's store was restored from an older copy, and
// its numbers are shifted (docs/protocol.md, "Restored stores"). In the writer's transaction.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "messaging/model/card.h"
#include "messaging/receiving/received.h"

namespace messaging::receiving {

base::Result<std::uint64_t> place_of(const kernel::WriteContext& write, const Sender& sender,
                                     const LastReceived& message);

}  // namespace messaging::receiving
