// DepositLoad: what one turn of a route sends, and what to write when it is answered. Rows come
// from the outbox in order: many envelopes together, or one file, whose parts are loaded for a
// deposit at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/peering/part_window.h"
#include "messaging/peering/transport.h"
#include "store/tables/outbox.h"
#include "store/tables/transfers.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::peering {

struct DepositLoad : kernel::Load {
  Deposit deposit;
  DepositToken token;                  // that it is proved with
  std::vector<store::OutboxRow> rows;  // without their envelopes
  std::uint32_t parts = 0;             // of a file, which is alone and has no body yet
  std::string unreadable;              // why this file can never be sent
  bool session_lost = false;           // this file's: it has to wait for another session
  bool unreached = false;              // nothing was ever stored by this way
  std::int64_t party = 0;              // that caused an unreached route; 0: we ourselves

  // Where it goes was chosen by somebody who was never reached there. Whom our user wants to join
  // is not among them; a file is only begun once there is a session.
  bool to_stranger() const {
    return unreached && !is_file() && rows.front().kind != store::OutboxKind::join_request;
  }
  // To a request, by which somebody who proved nothing yet named the way.
  bool is_answer() const;
  // Nobody proved to be there, by a session or otherwise: it is tried a few times, minutes apart.
  bool few_tries() const;
  bool is_file() const { return rows.front().kind == store::OutboxKind::file; }
};

// Nothing when there is nothing to send on the route now.
base::Result<std::unique_ptr<DepositLoad>> load_deposit(kernel::Core& core, base::AccountId account,
                                                        std::int64_t route);
// Parts of a file, read and sealed into a deposit. Nothing when the file is not to be sent any more
// as it was loaded: it was deleted or held, its session or its route is another one by now.
base::Result<std::unique_ptr<Deposit>> load_parts(kernel::Core& core, base::AccountId account,
                                                  const DepositLoad& file, PartWindow::Parts parts);

}  // namespace messaging::peering
