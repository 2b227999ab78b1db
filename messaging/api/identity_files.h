// An account's identity alone, out of it and into another one (model/identity_file.h): what Delta
// Chat's export_self_keys and import_self_keys do with PGP keys; of an account that is reached by
// mail it is such a PGP key. No chats or contacts go along.
//
// Any thread; answers come through the Completion.
#pragma once

#include <optional>
#include <string>

#include "base/completion.h"
#include "crypto/identity.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class IdentityFiles {
 public:
  explicit IdentityFiles(kernel::Core& core) : core_(core) {}

  // `destination`: a folder, in which the file gets a name, or a new file. Event: ImexFileWritten.
  void export_to(AccountId account, std::string destination, std::optional<std::string> passphrase,
                 base::Completion<> done);
  // Into an account that nobody uses yet, because contacts know an account by its key.
  void import_from(AccountId account, std::string path, std::optional<std::string> passphrase,
                   base::Completion<> done);

 private:
  base::Result<> write_file(AccountId account, const std::string& destination,
                            const std::optional<std::string>& passphrase);
  // A key of a protocol with files of its own. False: the file is none of them.
  base::Result<bool> import_key(AccountId account, const std::string& text);
  void use(AccountId account, crypto::Identity identity, base::Completion<> done);

  kernel::Core& core_;
};

}  // namespace messaging
