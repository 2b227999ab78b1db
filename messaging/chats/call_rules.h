// Rules of calls: how long a call rings, its text, and its state transitions. Each side tracks a
// call's state by itself; a change that comes too late has no effect. In the writer's transaction.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/calls.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// The longest time that either side rings: a call that arrives later does not ring.
inline constexpr base::Millis kRings = 120'000;

enum class CallEnd { by_us, by_peer, rung_out };

// The text of the message of a ringing or active call.
std::string call_text(bool incoming, bool video);

// How long a call that was placed at this time still rings, by our clock: 0 to kRings.
base::Millis rings_for(base::UnixMillis placed_at, base::UnixMillis now);

// False: it no longer rings, and nothing was changed.
base::Result<bool> accept_call(const kernel::WriteContext& write, store::CallRow& call,
                               std::string answer);
// Gives the message its text and emits CallEnded and MsgsChanged. False: it had ended before, and
// nothing was changed.
base::Result<bool> end_call(const kernel::WriteContext& write, store::CallRow& call,
                            store::MessageRow message, CallEnd end);

}  // namespace messaging::chats
