// Backups: a whole account in one file that a passphrase opens (crypto/backup_stream.h,
// store/backup/), and back into an account that nobody uses yet.
//
// An export is one moment of the account, taken while the account stays in use. It holds no
// sessions: a restored account begins new ones with its contacts (peering/restored_sessions.h), so
// that no message key is ever used twice, however old the copy is. A mail account has no sessions:
// it continues where the copy was taken, and the copy is a second device of it (other_devices.h).
// ImexProgress events report the progress, ImexFileWritten a written file; Ongoing::stop() ends
// either.
//
// Any thread; answers come through the Completion.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/completion.h"
#include "crypto/backup_stream.h"
#include "messaging/model/types.h"

namespace store {
struct AccountRow;
}  // namespace store
namespace messaging::delivery {
class Courier;
}  // namespace messaging::delivery
namespace messaging::kernel {
class Core;
struct AccountState;
}  // namespace messaging::kernel
namespace messaging::mail {
class MailAccounts;
}  // namespace messaging::mail
namespace messaging::peering {
class Relayed;
}  // namespace messaging::peering

namespace messaging {

class Ongoing;

class Backups {
 public:
  Backups(kernel::Core& core, delivery::Courier& courier, peering::Relayed& relayed,
          Ongoing& ongoing)
      : core_(core), courier_(courier), relayed_(relayed), ongoing_(ongoing) {}

  void use(mail::MailAccounts& mails) { mails_ = &mails; }

  // `destination`: a folder, in which the file gets a name, or a new file. Without a passphrase (or
  // with an empty one) anybody can open the file.
  void export_to(AccountId account, std::string destination, std::optional<std::string> passphrase,
                 base::Completion<> done);
  // Into an account that nobody uses yet, which becomes the account of the backup. A failure leaves
  // it unchanged.
  void import_from(AccountId account, std::string path, std::optional<std::string> passphrase,
                   base::Completion<> done);
  // False: no operation was under way.
  bool stop_ongoing(AccountId account);

 private:
  base::Result<> write_file(AccountId account, const std::string& destination,
                            const crypto::BackupKey& key, const std::stop_token& stop);
  base::Result<> read_file(AccountId account, const std::string& path, const crypto::BackupKey& key,
                           const std::stop_token& stop);
  kernel::Core& core_;
  delivery::Courier& courier_;
  peering::Relayed& relayed_;
  Ongoing& ongoing_;
  mail::MailAccounts* mails_ = nullptr;  // null in a build without mail
};

// The record of an account that leaves its store.
base::Result<store::AccountRow> exported_row(const kernel::Core& core,
                                             const kernel::AccountState& account);

}  // namespace messaging
