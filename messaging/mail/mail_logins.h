// The stored form of a mail login (store/tables/mail_logins.h): what an account uses of a mailbox,
// and what a person entered.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/mail/mail_login.h"
#include "store/tables/mail_logins.h"

namespace messaging::mail {

struct StoredLogin {
  MailLogin login;
  LoginRequest entered = {};       // without passwords
  bool is_chatmail = false;        // the server says XCHATMAIL
  std::uint64_t largest_mail = 0;  // SIZE of the SMTP server; 0: not said
};

crypto::WipingBytes encode_login(const StoredLogin& login);
base::Result<StoredLogin> decode_login(base::ByteView bytes);

base::Result<StoredLogin> stored_login_of(const store::MailLoginRow& row);
base::Result<MailLogin> login_of(const store::MailLoginRow& row);

}  // namespace messaging::mail
