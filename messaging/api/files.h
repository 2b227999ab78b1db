// Files of messages: uploads and downloads as streams (attachment.h), and callers' paths.
#pragma once

#include <memory>
#include <string>

#include "base/completion.h"
#include "messaging/model/attachment.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class Files {
 public:
  explicit Files(kernel::Core& core) : core_(core) {}

  base::Result<Attachment> open(AccountId account, MsgId message) const;
  // The same, but a protected file's container is Errc::forbidden.
  base::Result<Attachment> open_unprotected(AccountId account, MsgId message) const;
  base::Result<std::unique_ptr<Upload>> begin_upload(AccountId account, std::string name);
  // Seals a caller's file into a blob; completes with the blob's path.
  void copy_in(AccountId account, std::string path, base::Completion<std::string> done);
  base::Result<std::string> blob_dir(AccountId account) const;

 private:
  kernel::Core& core_;
};

}  // namespace messaging
