// Mails that are no content, as rows of the outbox: steps of joins, and news for our other devices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/join_step.h"

namespace messaging::mail {

// The step's uuid is made here. `join_id` names the join that fails when a server refuses the step.
base::Result<> queue_join_step(const kernel::WriteContext& write, JoinStep step,
                               std::optional<base::ContactId> contact, std::int64_t join_id = 0);
// `json` as form/sync_items.h writes it. Does nothing for an account without a server.
base::Result<> queue_sync_step(const kernel::WriteContext& write, std::string json);

}  // namespace messaging::mail
