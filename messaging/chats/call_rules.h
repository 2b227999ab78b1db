// Rules of calls: how long one rings, what it is called, and how it goes from one state to the
// next. Both sides keep a call's state by themselves; what comes too late changes nothing. In the
// writer's transaction.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/calls.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// Neither side waits longer, so that a call that comes late does not ring.
inline constexpr base::Millis kRings = 120'000;

enum class CallEnd { by_us, by_peer, rung_out };

// What the message of a ringing or active call says.
std::string call_text(bool incoming, bool video);

// How long a call that was placed then still rings, by our clock: 0 to kRings.
base::Millis rings_for(base::UnixMillis placed_at, base::UnixMillis now);

// False: it rings no longer, and nothing was changed.
base::Result<bool> accept_call(const kernel::WriteContext& write, store::CallRow& call,
                               std::string answer);
// Gives the message its text and emits CallEnded and MsgsChanged. False: it had ended before, and
// nothing was changed.
base::Result<bool> end_call(const kernel::WriteContext& write, store::CallRow& call,
                            store::MessageRow message, CallEnd end);

}  // namespace messaging::chats
