// Transfers: an account moves to another gateway, directly (transfer_port.h). The giver offers it
// under a code that works once, within a quarter of an hour. A taker that shows the code's secret
// receives what a backup holds, and the account lives there from then on.
//
//   giver: provide()                            taker: take(code)
//   delivery stops; rows and files       ->     staged, checked
//   marked "sent"; the last chunk        ->     lands (account_landing.h)
//   marked "taken", sessions are deleted <-     "it is here"
//
// If the taker reports a failure, the account stays. If its answer does not come, nobody knows
// whether the account arrived: it stays stopped here, a line of the device chat says so, and
// start_io continues with it. Sessions are not transferred; the taker begins new ones, which also
// informs contacts of where the account is now.
//
// A mail account is copied, not moved: it stays in use here, and the copy is a second device of it.
//
// Any thread. Each transfer has a thread; four may be under way.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/completion.h"
#include "base/mutex.h"
#include "messaging/api/ongoing.h"
#include "messaging/api/transfer_port.h"
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
class Relayed;
}  // namespace messaging::peering

namespace messaging {

class Accounts;
class ImexReporter;

class Transfers {
 public:
  Transfers(kernel::Core& core, delivery::Courier& courier, peering::Relayed& relayed,
            Accounts& accounts, Ongoing& ongoing)
      : core_(core), courier_(courier), relayed_(relayed), accounts_(accounts), ongoing_(ongoing) {}
  ~Transfers() { stop(); }

  void use(mail::MailAccounts& mails) { mails_ = &mails; }
  void set_port(TransferPort& port) { port_ = &port; }  // before the start; outlives this

  // Completes when the other gateway has the account, or with an error.
  void provide(AccountId account, base::Completion<> done);
  // The code of the account's offer; waits for an offer that is just being made.
  void code(AccountId account, base::Completion<std::string> done);
  // Takes the account that the code offers; it replaces one that nobody uses yet.
  void take(AccountId account, const std::string& code, base::Completion<> done);
  void stop();  // ends all

 private:
  static constexpr std::size_t kMost = 4;
  struct Offer {
    std::optional<std::string> code;
    std::vector<base::Completion<std::string>> waiting;
  };
  using Work = base::UniqueFunction<base::Result<>(const std::stop_token&)>;
  // Runs the work on a thread of its own, as the account's ongoing operation.
  void run(AccountId account, Work work, base::Completion<> done, bool offers = false);
  base::Result<> give(AccountId account, const std::stop_token& stop);
  // Afterwards the account is both here and there.
  base::Result<> copy_account(AccountId account, TransferChannel& channel,
                              const std::stop_token& stop);
  base::Result<> move_account(AccountId account, TransferChannel& channel,
                              const std::stop_token& stop);
  base::Result<> send_account(AccountId account, TransferChannel& channel, bool& sent,
                              const std::stop_token& stop);
  base::Result<> confirm(AccountId account);
  base::Result<> fetch(AccountId account, const std::string& code, const std::stop_token& stop);
  void publish_code(AccountId account, base::Result<std::string> code);

  kernel::Core& core_;
  delivery::Courier& courier_;
  peering::Relayed& relayed_;
  Accounts& accounts_;
  Ongoing& ongoing_;
  TransferPort* port_ = nullptr;
  mail::MailAccounts* mails_ = nullptr;  // null in a build without mail
  base::Mutex mutex_;
  std::map<AccountId, Offer> offers_ GUARDED_BY(mutex_);
  struct Running {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };
  std::vector<Running> running_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace messaging
