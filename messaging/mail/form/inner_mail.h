// The bytes of a ChatMail: a MIME part whose own header block carries the protected headers, in the
// form of Delta Chat's core, with CRLF.
//
// Reading accepts what other clients write. Hostile input: every part of the value is bounded, and
// errors never repeat the input.
#pragma once

#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/form/outer_mail.h"

namespace messaging::mail {

// To be encrypted; `outer` is the head of the mail that will carry it.
crypto::WipingBytes write_inner(const ChatMail& mail, const OuterMail& outer);

// `part`: what was encrypted, or a whole mail in the clear. What the part does not say itself
// (From, Message-ID, Date of some clients) is from `outer`. Errc::invalid_argument: it is no mail.
base::Result<ChatMail> read_mail(const MimePart& part, const OuterMail& outer);

}  // namespace messaging::mail
