// Messages in the device chat about mail servers that need the user's attention: a refused
// password, a mailbox that is nearly full, a mail that is too large. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/mail_transport.h"

namespace messaging::mail {

// Whether a line's status needs a message.
bool needs_warning(const LineStatus& status);
// Adds the message, once a day for each login and reason.
base::Result<> warn_of_line(const kernel::WriteContext& write, const LineStatus& status);
// A mail with this head stays on its server because of its size. Reported once.
base::Result<> warn_of_large_mail(const kernel::WriteContext& write, const OuterMail& head,
                                  std::uint64_t size);

}  // namespace messaging::mail
