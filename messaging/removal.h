// Removing messages: the row, what of it still waits in the outbox, and its file once nothing uses
// it. The files go after the commit, on the file worker's thread.
#pragma once

#include <string>
#include <vector>

#include "messaging/core.h"

namespace messaging {

class RemovedFiles {
 public:
  RemovedFiles(Core& core, const AccountState& account) : core_(core), uuid_(account.uuid) {}
  void add(std::string name) { names_.push_back(std::move(name)); }
  // Once, at the end of the write.
  void remove_after(store::Tx& tx);

 private:
  Core& core_;
  store::Uuid uuid_;
  std::vector<std::string> names_;
};

// Without events. A message that is not there is fine.
base::Result<> remove_message(store::Tx& tx, const store::Scope& scope, MsgId message,
                              RemovedFiles& files);

}  // namespace messaging
