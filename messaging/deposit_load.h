// DepositLoad: what one deposit is made of, to know what to write when it is answered. Rows come
// from the outbox in order: many envelopes together, or the next parts of one file.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "messaging/transport.h"
#include "store/tables/outbox.h"

namespace messaging {

class Core;

struct DepositLoad {
  Deposit deposit;
  std::vector<store::OutboxRow> rows;  // without their envelopes
  std::uint32_t parts_until = 0;       // of a file: the next part after this deposit
  std::uint32_t parts = 0;             // of a file: how many there are
};

// Nothing when there is nothing to send on the route now.
base::Result<std::unique_ptr<DepositLoad>> load_deposit(Core& core, base::AccountId account,
                                                        std::int64_t route);

}  // namespace messaging
