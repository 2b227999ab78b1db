// Removal of messages: the row, its rows in the outbox, and its file once nothing uses it. Files
// are deleted after the commit, on the file worker's thread.
#pragma once

#include <string>
#include <vector>

#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"

namespace messaging::files {

class RemovedFiles {
 public:
  RemovedFiles(kernel::Core& core, const kernel::AccountState& account)
      : core_(core), uuid_(account.uuid) {}
  void add(std::string name) { names_.push_back(std::move(name)); }
  // Once, at the end of the write.
  void remove_after(store::Tx& tx);

 private:
  kernel::Core& core_;
  store::Uuid uuid_;
  std::vector<std::string> names_;
};

// The most rounds that a deletion takes within the reserve: a reader may keep the log from being
// emptied.
constexpr int kMostRoundsInReserve = 4;

// A deletion failed because the disk is full: overwriting needs about as much room as the deleted
// rows. `go_on` continues in small steps that fit into the reserve.
template <class GoOn>
void go_on_in_reserve(kernel::Core& core, base::Completion<> done, GoOn go_on) {
  core.file_worker->answer<void>(
      std::move(done), [&core, go_on = std::move(go_on)](const std::stop_token&,
                                                         base::Completion<>& answer) mutable {
        core.store.make_room_on_full_disk();
        go_on(std::move(answer));
      });
}

// Emits no events. A missing message is no error.
base::Result<> remove_message(store::Tx& tx, const store::Scope& scope, MsgId message,
                              RemovedFiles& files);

}  // namespace messaging::files
