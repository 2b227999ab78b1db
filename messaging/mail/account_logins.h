// The mail logins of an account as rows: added, replaced, deleted, made the primary one; and what
// devices of one account that change them at once agree upon. In the writer's transaction.
//
// Of two changes of one address the later one holds; times are seconds, as devices report them. A
// deletion is remembered, so that an older report does not bring its login back. The first login
// of an account never goes to other devices, which have it already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/login_items.h"
#include "messaging/mail/mail_logins.h"
#include "store/tables/mail_logins.h"

namespace messaging::mail {

const store::MailLoginRow* find_login(const std::vector<store::MailLoginRow>& rows,
                                      std::string_view addr);

base::Error too_many_logins();

enum class LoginChange { first, added, replaced };
// Stores a login that a person entered here; the first one is the primary one. Errc::exhausted when
// there are kMostLogins. The caller calls addresses_changed().
base::Result<LoginChange> put_login(const kernel::WriteContext& write, const StoredLogin& login);
// Deletes a login that is not the primary one, and what is known of its mailbox. The caller calls
// addresses_changed(), and ends the line.
base::Result<> delete_login(const kernel::WriteContext& write, const store::MailLoginRow& row);
// The account sends from this login from now on.
base::Result<> choose_login(const kernel::WriteContext& write, const store::MailLoginRow& row);

// ---- for our other devices ----

base::Result<SyncLogins> logins_to_report(const store::Scope& scope);
// Takes what another device reported by a mail from `from`, an address of the account. Lines begin
// and end with the commit.
base::Result<> take_logins(const kernel::WriteContext& write, const SyncLogins& said,
                           std::string_view from);

}  // namespace messaging::mail
