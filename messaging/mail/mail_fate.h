// The fate of taken mails on their server, by the setting delete_server_after as core reads it: 0
// they stay, 1 they are deleted when they were taken, N > 1 they are deleted N seconds later.
// Unset, they are deleted on a chatmail relay, unless another device is to have them too
// (bcc_self), and stay elsewhere. With bcc_self they stay unchanged, without the flag \Seen.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/mail/mail_transport.h"
#include "store/tables/scope.h"

namespace messaging::mail {

struct MailFate {
  MailAfter after = MailAfter::mark_seen;  // at once
  base::Millis lifetime = 0;               // then they are deleted; 0: they stay
};

base::Result<MailFate> fate_of_mails(const store::Scope& scope, const StoredLogin& login);

}  // namespace messaging::mail
