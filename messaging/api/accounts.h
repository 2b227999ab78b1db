// Accounts: identities kept side by side in one daemon. The first start creates account 1.
//
// Every method may be called from any thread. Reads answer from a snapshot and never wait for
// writes; writes answer through their Completion after the commit (all of messaging is like this).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/completion.h"
#include "base/mutex.h"
#include "messaging/model/types.h"

namespace messaging::delivery {
class Courier;
}  // namespace messaging::delivery
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel
namespace messaging::mail {
class MailAccounts;
}  // namespace messaging::mail
namespace messaging::peering {
class Incoming;
class Relayed;
}  // namespace messaging::peering

namespace messaging {

class Accounts {
 public:
  Accounts(kernel::Core& core, delivery::Courier& courier, peering::Incoming& incoming,
           peering::Relayed& relayed)
      : core_(core), courier_(courier), incoming_(incoming), relayed_(relayed) {}
  // Call before anything else in a build with mail.
  void use(mail::MailAccounts& mails) { mails_ = &mails; }

  base::Result<std::vector<Account>> list() const;
  base::Result<Account> get(AccountId account) const;
  // A new account is configured at once: the gateways' protocol needs no login. Its address is
  // <profile>-<id>@<host> until configure() gives it another. Where clients set up accounts
  // (EngineOptions) it waits for configure().
  void add(base::Completion<AccountId> done);
  // The login that was entered. Without either field: the config key addr, else a generated
  // address.
  struct Login {
    std::optional<std::string> addr = std::nullopt;
    std::optional<std::string> domain = std::nullopt;  // an address at it is generated
  };
  // Configures an account, or gives a configured one another address, and starts its io. Errors are
  // reported by ConfigureProgress 0 as well. Events: see configure_account(); ImapInboxIdle after
  // the answer. An account that is reached by mail keeps its address
  // (messaging/mail/mail_accounts.h).
  void configure(AccountId account, Login login, base::Completion<> done);
  // Call after an account was configured by other means: starts its delivery. Clients get
  // ImapInboxIdle.
  void began(AccountId account);
  // Deletes the whole account: chats, keys, files. On completion no caller sees the account any
  // more; the rows of a large account are deleted afterwards.
  void remove(AccountId account, base::Completion<> done);
  // Lists accounts in this order. Accounts that are left out follow behind; unknown ids are
  // ignored.
  void set_order(std::vector<AccountId> order, base::Completion<> done);
  // The number of placeholders in the text of this number; nothing: the text is not used.
  static std::optional<int> stock_places(std::uint32_t number);
  // Replaces texts of ours, by Delta Chat's numbers; until the next start.
  void set_stock_strings(const std::map<std::uint32_t, std::string>& strings);
  void select(AccountId account, base::Completion<> done);
  base::Result<std::optional<AccountId>> selected() const;

  // Delivery of an account's messages; on for every account at start.
  void start_io(AccountId account, base::Completion<> done);
  void stop_io(AccountId account, base::Completion<> done);
  // Reports that all accounts were stopped by one event of the daemon, even when there is no
  // account, because clients wait for one before they end their loop.
  void report_all_stopped(base::Completion<> done);
  bool io_running(AccountId account) const;
  // start_io() for one of several accounts; without effect on one that moved to another gateway.
  void start_io_of_those_here(AccountId account, base::Completion<> done);
  // Between these two calls nobody can start the account's delivery: it is being sent to another
  // gateway.
  void hold_io(AccountId account);
  void release_io(AccountId account);
  // 1000 stopped, 2000 peers are being tried, 3000 sending, 4000 nothing waits. A mail account has
  // at most the state of its lines to mail servers.
  base::Result<std::uint32_t> connectivity(AccountId account) const;
  // Delivery is on, and all that can be sent was sent.
  base::Result<bool> all_work_done(AccountId account) const;
  // The account has nothing that was not taken by a server, a relay or a peer's gateway.
  base::Result<bool> all_sent(AccountId account) const;
  // Ends all pauses of routes (maybe_network).
  void poke();

  // The account's use of the disk.
  base::Result<StorageUse> storage(AccountId account) const;
  // get_info: figures and facts for a person, without secrets.
  base::Result<std::map<std::string, std::string>> info(AccountId account) const;
  std::map<std::string, std::string> system_info() const;

 private:
  void switch_io(AccountId account, bool on, base::Completion<> done);
  void idle(AccountId account);
  void start_delivery(AccountId account);

  kernel::Core& core_;
  delivery::Courier& courier_;
  peering::Incoming& incoming_;
  peering::Relayed& relayed_;
  mail::MailAccounts* mails_ = nullptr;  // null in a build without mail
  mutable base::Mutex mutex_;
  std::set<AccountId> held_ GUARDED_BY(mutex_);
};

// Config: string settings of an account under Delta Chat's keys, and free ui.* keys.
class Config {
 public:
  explicit Config(kernel::Core& core) : core_(core) {}
  // Call before anything else in a build with mail.
  void use(mail::MailAccounts& mails) { mails_ = &mails; }

  // The set value, else the key's default, else nullopt; an unknown key is an error that names it.
  base::Result<std::optional<std::string>> get(AccountId account, const std::string& key) const;
  // The value if no read of the store is needed; nullopt: use get().
  std::optional<std::string> recall(AccountId account, const std::string& key) const;
  // The ui.* keys that are set, in order.
  base::Result<std::vector<std::string>> ui_keys(AccountId account) const;
  // All or none. nullopt resets a key.
  void set(AccountId account, std::map<std::string, std::optional<std::string>> values,
           base::Completion<> done);

 private:
  kernel::Core& core_;
  mail::MailAccounts* mails_ = nullptr;  // null in a build without mail
};

}  // namespace messaging
