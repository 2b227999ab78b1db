// Progress of a large file that is sent or received: ImexProgress events, about twenty per file, to
// keep the event log small. Small files have none.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"

namespace messaging::kernel {

// Of `parts`, `before` were done and now `now` are. Where the message is known, a MsgsChanged event
// names it; get_message_info shows the progress.
base::Result<> emit_progress(const WriteContext& write, std::uint32_t before, std::uint32_t now,
                             std::uint32_t parts, std::optional<MsgId> message = std::nullopt);

}  // namespace messaging::kernel
