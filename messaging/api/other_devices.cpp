#include "messaging/api/other_devices.h"

#include "messaging/kernel/core.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/write_context.h"

namespace messaging {

base::Result<bool> expect_other_device(kernel::Core& core, AccountId account) {
  EDGE_TRY(const kernel::AccountPtr state, core.directory.get(account));
  return core.store.write_now<bool>([&](store::Tx& tx) {
    const store::Scope scope{tx.db(), core.store.vault(), state->key, account};
    const kernel::WriteContext write{core, tx, scope, *state};
    return write.protocol().expect_other_device(write);
  });
}

}  // namespace messaging
