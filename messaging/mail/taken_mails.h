// Mails that were taken, so that each counts once whichever way and however often it comes. What
// counts is the Message-ID that its sender signed, together with the key: others learn an id, and
// must neither keep the mail away by being first with it nor bring it again under another one.
// Before a mail is downloaded only its head is known: the Message-ID and the address there.
#pragma once

#include <string_view>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/mail_opener.h"
#include "store/tables/scope.h"

namespace messaging::mail {

// False: it was taken before. `message_id`: of the outer mail; "": it has none.
base::Result<bool> note_taken(const kernel::WriteContext& write, std::string_view message_id,
                              const OpenedMail& opened);
// By a mail's head.
base::Result<bool> is_taken(const store::Scope& scope, std::string_view message_id,
                            std::string_view from);

}  // namespace messaging::mail
