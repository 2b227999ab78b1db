// MailAccounts: the mail logins of accounts (Delta Chat's API calls them transports): added after a
// real login to both servers, listed, deleted, and watched while the account's io is on. An account
// speaks one protocol: with its first login a new account becomes one of mail, and a native account
// that is in use refuses.
//
// Safe from any thread; answers come through Completions, after the commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/completion.h"
#include "base/ids.h"
#include "base/result.h"
#include "messaging/mail/mail_login.h"
#include "messaging/mail/mail_transport.h"

namespace messaging::kernel {
struct WriteContext;
}  // namespace messaging::kernel

namespace messaging::mail {

// As core has it (MAX_TRANSPORT_RELAYS).
inline constexpr std::size_t kMostLogins = 5;

struct LoginView {
  LoginRequest entered;  // without passwords
  bool primary = false;
  std::string used;  // the servers that are used, for a person
};

class MailAccounts {
 public:
  virtual ~MailAccounts() = default;

  // Adds a login, or replaces the one of this address. Events: ConfigureProgress up to 1000, or 0
  // with the reason; TransportsModified, AccountsChanged. stop_ongoing_process ends it.
  virtual void add(base::AccountId account, LoginRequest request, base::Completion<> done) = 0;
  // The same by a link that names mail (messaging/mail/login_link.h).
  virtual void add_by_link(base::AccountId account, std::string_view link,
                           base::Completion<> done) = 0;
  virtual base::Result<std::vector<LoginView>> list(base::AccountId account) const = 0;
  // Errc::forbidden for the last login. After the primary one the newest is primary.
  virtual void remove(base::AccountId account, std::string addr, base::Completion<> done) = 0;
  // In a write: the account sends from this address from now on.
  virtual base::Result<> make_primary(const kernel::WriteContext& write, std::string_view addr) = 0;

  // The account's lines start and stop with its io, and follow the setting delete_server_after.
  virtual void io_changed(base::AccountId account) = 0;
  virtual void forget(base::AccountId account) = 0;
  virtual void start() = 0;  // all accounts
  virtual void network_is_back() = 0;

  // 1000 to 4000, the lowest of the account's lines; nothing for an account that is not a mail
  // account.
  virtual std::optional<std::uint32_t> connectivity(base::AccountId account) const = 0;
  virtual std::vector<LineStatus> lines(std::optional<base::AccountId> account) const = 0;
};

}  // namespace messaging::mail
