// Acknowledgement: marks mails on the server as handled: deleted, marked as seen, or left
// unchanged. Nothing else in gateway/mail/ changes a mailbox.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "gateway/mail/imap_talk.h"
#include "messaging/mail/mail_transport.h"

namespace gateway::mail {

// `done` gets the server's words when it refused something, "" otherwise. Without UIDPLUS a
// deletion is EXPUNGE, which takes every mail of the mailbox that somebody marked as deleted.
void acknowledge(ImapTalk& talk, std::vector<std::uint32_t> uids, messaging::mail::MailAfter after,
                 bool uidplus, base::UniqueFunction<void(std::string)> done);

}  // namespace gateway::mail
