// ServerGuesses: the servers that a mail address may have, in the order in which they are tried,
// and those that a provider's autoconfig document names. Pure.
//
// The guesses are those of Delta Chat's core: hosts DOMAIN, imap.DOMAIN or smtp.DOMAIN,
// mail.DOMAIN; ports 993 and 143, 465 and 587; the whole address as the user, then the part before
// its "@". Nothing is guessed without encryption.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/mail/curl_line.h"
#include "messaging/mail/mail_login.h"

namespace gateway::mail {

// `known`: the servers that autoconfig named, of both services; they come before guesses, which are
// made only when a service has none. What the request says of a server is not guessed. Passwords
// are set.
std::vector<messaging::mail::MailServer> guess_servers(
    MailService service, const messaging::mail::LoginRequest& request,
    const std::vector<messaging::mail::MailServer>& known);

// The IMAP or SMTP servers of a Mozilla autoconfig document, without passwords. Hostile input:
// whatever cannot be read gives no servers; at most four.
std::vector<messaging::mail::MailServer> read_autoconfig(MailService service,
                                                         std::string_view document,
                                                         std::string_view addr);

bool names_a_server(const messaging::mail::LoginRequest& request);

}  // namespace gateway::mail
