// Mail logins: the mailboxes that an account uses, one row for each, and how far each was read. An
// account has at most one primary login, which the callers ensure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

struct MailCursorColumns {
  std::uint32_t uid_validity = 0;  // 0: the mailbox was never opened
  std::uint32_t next_uid = 0;
  friend bool operator==(const MailCursorColumns&, const MailCursorColumns&) = default;
};

struct MailLoginRow {
  std::int64_t id = 0;  // of the counter "mail_login"; never 0 in a row
  bool primary = false;
  base::UnixMillis added_at = 0;  // or entered again
  MailCursorColumns cursor;
  // Sealed:
  std::string addr;
  crypto::WipingBytes login;  // in the form of messaging/mail/mail_logins.h
};

base::Result<> insert_mail_login(const Scope& scope, const MailLoginRow& row);
// Address, login and when it was added; the row is there.
base::Result<> update_mail_login(const Scope& scope, const MailLoginRow& row);
base::Result<> delete_mail_login(const Scope& scope, std::int64_t id);
// By id. Errc::sealed or corrupt when one is not as it was written.
base::Result<std::vector<MailLoginRow>> list_mail_logins(const Scope& scope);
// Makes this login the only primary one.
base::Result<> set_primary_mail_login(const Scope& scope, std::int64_t id);
// No effect when the row was deleted.
base::Result<> set_mail_cursor(const Scope& scope, std::int64_t id, std::uint32_t uid_validity,
                               std::uint32_t next_uid);

}  // namespace store
