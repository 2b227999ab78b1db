// MailAccountSetup: MailAccounts over the store and a MailTransport.
#pragma once

#include <functional>
#include <memory>

#include "messaging/kernel/core.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/mail/mail_logins.h"

namespace messaging::mail {

class MailAccountSetup final : public MailAccounts {
 public:
  struct Around {
    kernel::Core& core;
    MailTransport* transport;  // null: nothing is connected, and logins cannot be added
    // Called before a login is tried: marks the account as busy until the result is destroyed. The
    // result says whether the user requested a stop.
    std::function<base::Result<std::function<bool()>>(base::AccountId account)> begin;
    // Called in the write that stores an account's first login: creates the first chats and the
    // other parts of a configured account.
    std::function<base::Result<>(const kernel::WriteContext& write, const std::string& addr)>
        configured;
    // Called with the commit of an account's first login: its delivery begins.
    std::function<void(base::AccountId account)> began;
  };
  explicit MailAccountSetup(Around around) : around_(std::move(around)) {}

  void add(base::AccountId account, LoginRequest request, base::Completion<> done) override;
  void add_by_link(base::AccountId account, std::string_view link,
                   base::Completion<> done) override;
  base::Result<std::vector<LoginView>> list(base::AccountId account) const override;
  void remove(base::AccountId account, std::string addr, base::Completion<> done) override;
  base::Result<> make_primary(const kernel::WriteContext& write, std::string_view addr) override;
  void io_changed(base::AccountId account) override;
  // Logins were changed by a report of another device; `ended`: rows that were deleted.
  void lines_changed(base::AccountId account, const std::vector<std::int64_t>& ended);
  void forget(base::AccountId account) override;
  void start() override;
  void network_is_back() override;
  std::optional<std::uint32_t> connectivity(base::AccountId account) const override;
  std::vector<LineStatus> lines(std::optional<base::AccountId> account) const override;

 private:
  void emit_progress(base::AccountId account, std::uint32_t progress);
  void fail_with(base::AccountId account, base::Error why, base::Completion<> done);
  void store(base::AccountId account, LoginRequest entered, Configured found,
             base::Completion<> done);
  base::Result<> store_login(const kernel::WriteContext& write, const LoginRequest& entered,
                             const Configured& found);
  base::Result<> watch_all(base::AccountId account);

  const Around around_;
};

}  // namespace messaging::mail
