// Changes of a call by the other side: it was accepted, it ended. In
// the writer's transaction.
#pragma once

#include <optional>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/message_changes.h"
#include "store/tables/messages.h"

namespace messaging::receiving {

// `message`: the call's, unless it is not here yet.
base::Result<> take_call_change(const kernel::WriteContext& write, store::MessageChangeRow row,
                                std::optional<store::MessageRow> message);

}  // namespace messaging::receiving
