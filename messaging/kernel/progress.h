// Progress of a large file on its way in or out: ImexProgress, about twenty times a file, so that
// the event log does not fill with it. Small files say nothing: they are there at once.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"

namespace messaging::kernel {

// Of `parts`, `before` were done and `now` are. MsgsChanged says beside it whose file that is,
// where a message is known: get_message_info tells how far it has come.
base::Result<> tell_progress(const WriteContext& write, std::uint32_t before, std::uint32_t now,
                             std::uint32_t parts, std::optional<MsgId> message = std::nullopt);

}  // namespace messaging::kernel
