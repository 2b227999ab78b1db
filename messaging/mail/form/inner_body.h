// What the parts of a mail say: its body, and the places that it carries.
#pragma once

#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/mime_reader.h"

namespace messaging::mail {

// The body of the mail `part`, whose headers `mail` holds. Sets the places in `mail`.
MailBody read_inner_body(const MimePart& part, const OuterMail& outer, ChatMail& mail);

}  // namespace messaging::mail
