// Links that carry a mail account: dclogin:ADDRESS?p=PASSWORD&v=1&… with an existing login, and
// dcaccount:DOMAIN or dcaccount:https://… for a new one on a relay. As Delta Chat's core 2.57 reads
// them:
//
//   dclogin options: p password; ih ip iu ipw is: host, port, user, password, security of IMAP;
//   sh sp su spw ss: of SMTP; ic certificate checks (0 automatic, 1 strict, 2 and 3 any). The
//   security is ssl, starttls, plain or default.
//
// Hostile input: bounded, and errors never repeat a link, which may hold a password.
#pragma once

#include <string_view>

#include "base/result.h"
#include "messaging/mail/mail_login.h"

namespace messaging::mail {

base::Result<LoginRequest> read_login_link(std::string_view link);
// The part behind "dcaccount:": a domain, or an https URL.
base::Result<LoginRequest> read_account_link(std::string_view link);

// NAME@DOMAIN, of printable ASCII without spaces, at most 254 bytes; the domain has a dot, or is an
// address in brackets. Core lower-cases addresses, and so does this.
base::Result<std::string> read_mail_address(std::string_view text);
// Domain, host name or address literal of a mail server.
bool is_mail_domain(std::string_view text);

}  // namespace messaging::mail
