// Whether an account has other devices (`bcc_self`): its mails go to its own mailboxes then, too,
// and what arrives stays there for the others. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::mail {

// Whether our mails go to our own mailboxes too; then kSelf can be written to.
base::Result<bool> copies_go_to_devices(const kernel::WriteContext& write);
// Call when there is another device, or will be one.
base::Result<> expect_device(const kernel::WriteContext& write);

}  // namespace messaging::mail
