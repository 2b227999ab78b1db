#include "messaging/api/account_removal.h"

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/log.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/model/events.h"

namespace messaging {
namespace {

void warn(base::AccountId account, const base::Error& error) {
  base::log::warning("what is left of account {}, which was removed, goes at the next start: {}",
                     account.value, error.message);
}

// The last portion may run after the core is gone; the store outlives it.
void remove_rows(store::Store& store, const std::shared_ptr<kernel::Removals>& removals,
                 const store::RemovedAccount& removed, bool tight) {
  store.write<bool>(
      [account = removed.id, tight](store::Tx& tx) -> base::Result<bool> {
        const std::int64_t portion = tight ? 50 : 500;
        // Replay has skipped the account's events since its removal; this deletes them.
        EDGE_TRY(const auto events, tx.erase_events(account, AccountsChanged::kKind, portion));
        bool more = events == portion;
        if (!more) {
          EDGE_TRY(more, store::delete_account_portion(tx.db(), account, portion));
        }
        if (tight || !more) tx.scrub();
        return more;
      },
      [&store, removals, removed, tight](base::Result<bool> more) {
        if (more && *more) return remove_rows(store, removals, removed, tight);
        if (!more) return warn(removed.id, more.error());
        store.vault().disown(removed.uuid);
        removals->note_end();
      });
}

}  // namespace

void finish_removal(kernel::Core& core, const store::RemovedAccount& account, bool tight) {
  const auto posted = core.file_worker->post(
      [store = &core.store, removals = core.removals, account, tight](const std::stop_token&) {
        if (auto gone = store->blobs().remove_account(account.uuid); !gone) {
          return warn(account.id, gone.error());
        }
        std::error_code failed;  // what stays is a person's own plain files
        std::filesystem::remove_all(
            kernel::stickers_dir(store->dir()) + "/" + base::to_hex(account.uuid), failed);
        remove_rows(*store, removals, account, tight);
      });
  if (!posted) warn(account.id, posted.error());
}

base::Result<> resume_removals(kernel::Core& core) {
  if (core.store.health().writes_refused()) return {};
  std::vector<store::RemovedAccount> accounts;
  {
    EDGE_TRY(store::Reader reader, core.store.read());
    EDGE_TRY(accounts, store::list_removed_accounts(reader.connection()));
  }
  for (const store::RemovedAccount& account : accounts) finish_removal(core, account, false);
  return {};
}

}  // namespace messaging
