#include "messaging/account_removal.h"

#include "base/log.h"
#include "store/tables/account_removal.h"

namespace messaging {

std::int64_t removal_portion(bool tight) { return tight ? 50 : 500; }

void remove_rest(store::Store& store, base::AccountId account, bool tight) {
  store.write<bool>(
      [account, tight](store::Tx& tx) -> base::Result<bool> {
        EDGE_TRY(const bool more,
                 store::delete_account_portion(tx.db(), account, removal_portion(tight)));
        if (tight || !more) tx.scrub();
        return more;
      },
      [&store, account, tight](base::Result<bool> more) {
        if (more && *more) return remove_rest(store, account, tight);
        if (!more) {
          base::log::warning(
              "what is left of account {}, which was removed, goes at the next start: {}",
              account.value, more.error().message);
        }
      });
}

base::Result<> resume_removals(store::Store& store) {
  if (store.health().writes_refused()) return {};
  EDGE_TRY(store::Reader reader, store.read());
  EDGE_TRY(const auto accounts, store::list_removed_accounts(reader.connection()));
  for (const base::AccountId account : accounts) remove_rest(store, account, false);
  return {};
}

}  // namespace messaging
