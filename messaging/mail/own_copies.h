// Copies of our own mails, which another device of the account sent: what it wrote is written here
// too, and what it has read is read. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_applier.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

// Of mails between two: texts with their files, and receipts. Others, and what is here already,
// change nothing.
base::Result<> take_own_copy(const kernel::WriteContext& write, const OwnKey& own,
                             const Arrival& arrival);

}  // namespace messaging::mail
