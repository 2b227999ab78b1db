// An account that comes from another store takes the place of one that nobody uses yet: rows and
// files by store/backup/, and what messaging has to do around them. Until it is whole the account
// stays what it was; a failure brings it back.
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

// Blocks on the disk and on commits: for a thread of files. A stop is heeded until the account is
// the new one.
base::Result<> land_account(const Landing& landing, AccountId account,
                            store::backup::RecordSource& source, const std::stop_token& stop,
                            ImexReporter& reporter);

// At the start: imports that a killed process left are undone.
base::Result<> undo_landings(kernel::Core& core);

}  // namespace messaging
