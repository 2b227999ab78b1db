// Landing: an account that comes from another store replaces one that nobody uses yet: its rows and
// files (store/backup/), and what messaging has to update for them. The old account stays until the
// last step, and a failure restores it.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "messaging/model/types.h"

namespace store::backup {
class RecordSource;
}  // namespace store::backup
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

class ImexReporter;

struct Landing {
  kernel::Core& core;
  delivery::Courier& courier;
  peering::Relayed& relayed;
  mail::MailAccounts* mails = nullptr;  // null in a build without mail
};

// Before the stream is read: Errc::already_exists when the account is in use.
base::Result<> check_unused(const kernel::Core& core, AccountId account);

// Blocks on the disk and on commits: call it on a file thread. A requested stop ends it unless the
// new account is in place already.
base::Result<> land_account(const Landing& landing, AccountId account,
                            store::backup::RecordSource& source, const std::stop_token& stop,
                            ImexReporter& reporter);

// Call at the start: undoes imports that a killed process left unfinished.
base::Result<> undo_landings(kernel::Core& core);

}  // namespace messaging
