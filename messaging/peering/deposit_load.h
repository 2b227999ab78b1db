// DepositLoad: the rows of the outbox that one turn of a route sends, and the facts needed to
// record the outcome. Rows are loaded in order: several envelopes together, or one file, whose
// parts are loaded for one deposit at a time.
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
  DepositToken token;                  // proves the deposit
  std::vector<store::OutboxRow> rows;  // without their envelopes
  std::uint32_t parts = 0;             // of a file; the load then has one row and no body yet
  std::string unreadable;              // why this file can never be sent, if so
  bool session_lost = false;           // the file waits for another session
  bool unreached = false;              // no deposit by this way ever succeeded
  std::int64_t party = 0;              // that caused an unreached route; 0: this account

  // The URLs were chosen by a party that was never reached there. Not so for a join request, whose
  // URLs our user chose; a file is only begun once there is a session.
  bool to_stranger() const {
    return unreached && !is_file() && rows.front().kind != store::OutboxKind::join_request;
  }
  // An answer to a request; the requester chose the URLs and has proved nothing yet.
  bool is_answer() const;
  // No peer has proved to be reachable there: the deposit is tried a few times, minutes apart.
  bool few_tries() const;
  bool is_file() const { return rows.front().kind == store::OutboxKind::file; }
};

// nullptr: the route has nothing to send now.
base::Result<std::unique_ptr<DepositLoad>> load_deposit(kernel::Core& core, base::AccountId account,
                                                        std::int64_t route);
// Reads parts of a file and seals them into a deposit. nullptr: the load is out of date, because
// the file was deleted or held, or its session or route changed.
base::Result<std::unique_ptr<Deposit>> load_parts(kernel::Core& core, base::AccountId account,
                                                  const DepositLoad& file, PartWindow::Parts parts);

}  // namespace messaging::peering
