// Stickers of an account: pictures in a folder of plain files, DIR/stickers/<account uuid>, which
// people and their programs fill too. A collection is a folder in it. Unlike what is stored, they
// are not sealed: whoever saves a sticker there wants it read by other programs (decision 24).
// Blocks on the disk, but for save(), which uses the file worker. Safe from any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class Stickers {
 public:
  explicit Stickers(kernel::Core& core) : core_(core) {}

  // Creates the folder if it does not exist.
  base::Result<std::string> folder(AccountId account) const;
  // Copies the file of a message of type sticker into a collection; Errc::already_exists when a
  // file of its name is there.
  void save(AccountId account, MsgId message, std::string collection, base::Completion<> done);
  // The paths of the pictures, by collection; those without any are left out.
  using Collections = std::map<std::string, std::vector<std::string>>;
  base::Result<Collections> list(AccountId account) const;

 private:
  kernel::Core& core_;
};

}  // namespace messaging
