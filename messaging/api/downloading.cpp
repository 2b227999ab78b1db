// Messages::download.
#include "messaging/api/messages.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/messages.h"

namespace messaging {

void Messages::download(AccountId account, MsgId message, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, message](store::Tx& tx, const store::Scope& scope,
                      const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(const store::MessageRow row, store::load_message(scope, message));
        if (row.download == DownloadState::done || row.blob_id) return {};
        const kernel::WriteContext write{core_, tx, scope, state};
        return write.protocol().download(write, row);
      },
      std::move(done));
}

}  // namespace messaging
