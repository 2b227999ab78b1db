// Applies what another device of the account reported by a mail to ourselves (form/sync_items.h).
// In the writer's transaction.
//
// Only mails that our own key signed come here, and then always: a device that sends such a mail is
// a second one, so `bcc_self` is set. Items that cannot be read, or refer to something that is not
// here, are skipped.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_applier.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

// A picture in the mail is the arrival's avatar.
base::Result<> take_device_news(const kernel::WriteContext& write, const OwnKey& own,
                                const Arrival& arrival);

}  // namespace messaging::mail
