// Copies of our own mails, which another device of the account sent: what that device wrote,
// changed and read is applied here too, and the contacts that it joined become known. In the
// writer's transaction.
//
// Only mails that our key signed come here. Mails of this device itself have no effect.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_applier.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

base::Result<> take_own_copy(const kernel::WriteContext& write, const OwnKey& own,
                             const Arrival& arrival);

}  // namespace messaging::mail
