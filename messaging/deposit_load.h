// DepositLoad: what one deposit is made of, to know what to write when it is answered. Rows come
// from the outbox in order: many envelopes together, or the next parts of one file.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "messaging/transport.h"
#include "store/tables/outbox.h"
#include "store/tables/transfers.h"

namespace messaging {

class Core;

struct DepositLoad {
  Deposit deposit;
  DepositToken token;                  // that it is proved with
  std::vector<store::OutboxRow> rows;  // without their envelopes
  std::uint32_t parts_until = 0;       // of a file: the next part after this deposit
  std::uint32_t parts = 0;             // of a file: how many there are
};

// Parts of a file, sealed while the deposit before them is under way. Whoever sends them looks
// again whether it is their turn.
struct SealedParts {
  store::TransferId transfer{};
  std::int64_t session = 0;
  std::uint32_t first = 0;
  std::uint32_t until = 0;  // the part after them
  std::uint32_t all = 0;    // how many the file has
  std::vector<base::Bytes> envelopes;
};

// Nothing when there is nothing to send on the route now. `ahead` is used when it is what is next.
base::Result<std::unique_ptr<DepositLoad>> load_deposit(Core& core, base::AccountId account,
                                                        std::int64_t route, SealedParts ahead = {});
// The parts that follow a deposit: none when it holds the last ones, or no parts.
base::Result<SealedParts> seal_ahead(Core& core, base::AccountId account,
                                     const DepositLoad& under_way);

}  // namespace messaging
