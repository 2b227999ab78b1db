// Accounts::set_order and set_stock_strings: how accounts are listed, and in whose words.
#include <algorithm>

#include "messaging/api/accounts.h"
#include "messaging/kernel/core.h"
#include "store/tables/accounts.h"

namespace messaging {

void Accounts::set_order(std::vector<AccountId> order, base::Completion<> done) {
  core_.store.write<void>(
      [core = &core_, order = std::move(order)](store::Tx& tx) mutable -> base::Result<> {
        std::vector<AccountId> all;
        for (const kernel::AccountPtr& account : core->directory.all()) all.push_back(account->id);
        const auto named = [&](AccountId id) {
          const auto found = std::find(order.begin(), order.end(), id);
          return found - order.begin();
        };
        // Accounts that the list leaves out keep their order behind the others.
        std::stable_sort(all.begin(), all.end(),
                         [&](AccountId a, AccountId b) { return named(a) < named(b); });
        for (std::size_t place = 0; place < all.size(); ++place) {
          EDGE_CHECK(
              store::set_account_position(tx.db(), all[place], static_cast<std::int64_t>(place)));
        }
        EDGE_CHECK(kernel::Core::emit(tx, AccountId(), AccountsChanged{}));
        tx.on_commit([core, all] { core->directory.order(all); });
        return {};
      },
      std::move(done));
}

std::optional<int> Accounts::stock_places(std::uint32_t number) {
  return kernel::places_of(number);
}

void Accounts::set_stock_strings(const std::map<std::uint32_t, std::string>& strings) {
  core_.stock.set(strings);
}

}  // namespace messaging
