// RenewalState: what the renewal of sessions keeps in memory, for all accounts. Owned by
// GatewayProtocol. Safe from any thread.
#pragma once

#include "messaging/kernel/write_context.h"
#include "messaging/peering/postponed_renewals.h"
#include "messaging/peering/renewal_budget.h"

namespace messaging::peering {

struct RenewalState {
  explicit RenewalState(const base::Clock& clock) : budget(clock), postponed(clock) {}
  void forget(AccountId account) {
    budget.forget(account);
    postponed.forget(account);
  }

  RenewalBudget budget;
  PostponedRenewals postponed;
};

// That of the GatewayProtocol in the table of protocols.
RenewalState& renewal_state(const kernel::WriteContext& write);

}  // namespace messaging::peering
