// Timers of messages: when they vanish. Times are steady (messaging/kernel/steady_time.h).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/tables/scope.h"

namespace store {

// The timer of a message, or of all messages of a chat, runs from now on, where there is one that
// does not run. True: one was started.
base::Result<bool> start_message_timer(const Scope& scope, base::MsgId message,
                                       base::UnixMillis now);
base::Result<bool> start_chat_timers(const Scope& scope, base::ChatId chat, base::UnixMillis now);
// Messages whose time is over, the longest ago first.
base::Result<std::vector<base::MsgId>> expired_messages(const Scope& scope, base::UnixMillis now,
                                                        std::size_t most);
// When the next one of any account is over.
base::Result<std::optional<base::UnixMillis>> next_expiring_message(Connection& db);

}  // namespace store
