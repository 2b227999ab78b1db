// FileShelf: gives a caller that can read this machine's files a plain copy of a message's file
// (decision 25, --stdio). Safe from any thread.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/result.h"

namespace rpc {

class FileShelf {
 public:
  virtual ~FileShelf() = default;
  // The path of the copy, made when it is not there yet; it lasts as long as the shelf. `name` is
  // the sender's and safe in no path.
  virtual base::Result<std::string> lay_out(base::AccountId account, base::MsgId message,
                                            std::string_view name) = 0;
};

}  // namespace rpc
