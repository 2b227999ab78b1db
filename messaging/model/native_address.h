// Addresses of native accounts, and the links that ask for one: dcaccount:NAME.
//
// A name without a dot behind the @ is native, as in bot@edge; one with a dot, or an IP address in
// brackets, is a mail server's (decision 31; messaging/mail/mail_accounts.h). An address is a
// label: contacts are known by their keys.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace messaging {

// Whether an address, or a domain, is a mail server's.
bool is_of_mail(std::string_view addr);

// The address without surrounding blanks, in small letters. Errc::invalid_argument when it is no
// address, Errc::forbidden when it is an e-mail address; both errors say what to enter instead.
base::Result<std::string> native_address(std::string_view entered);
// A random name of nine letters and digits at this domain, which is checked in the same way.
base::Result<std::string> made_up_address(std::string_view domain);

// "dcaccount:", in any case.
bool is_account_link(std::string_view text);
// The domain of such a link: what follows the scheme, or the host of a URL there.
// Errc::invalid_argument when there is nothing.
base::Result<std::string> domain_of_account_link(std::string_view text);

// "dclogin:", in any case: the address and password of a mail account.
bool is_login_link(std::string_view text);
base::Result<std::string> address_of_login_link(std::string_view text);

}  // namespace messaging
