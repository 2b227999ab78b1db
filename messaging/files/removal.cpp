#include "messaging/files/removal.h"

#include "base/log.h"
#include "messaging/kernel/file_worker.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

namespace messaging::files {

void RemovedFiles::remove_after(store::Tx& tx) {
  if (names_.empty()) return;
  tx.on_commit([core = &core_, uuid = uuid_, names = std::move(names_)] {
    // If the job is refused the file stays until the sweep at the next start.
    (void)core->file_worker->post([core, uuid, names](const std::stop_token&) {
      for (const std::string& name : names) {
        if (auto gone = core->store.blobs().remove(uuid, name); !gone) {
          base::log::warning("a deleted file stays on disk: {}", gone.error().message);
        }
      }
    });
  });
}

base::Result<> remove_message(store::Tx& tx, const store::Scope& scope, MsgId message,
                              RemovedFiles& files) {
  EDGE_CHECK(store::delete_outbox_of_message(scope, message));
  EDGE_TRY(auto file, store::delete_message(scope, message, tx.now()));
  if (file) files.add(*std::move(file));
  return {};
}

}  // namespace messaging::files
