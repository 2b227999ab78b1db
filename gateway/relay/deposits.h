// RelayDeposits: takes deposits for the mailboxes of a relay and passes all others on to the
// accounts of this daemon. A deposit is answered `stored` after its COMMIT; limits are judged first
// by the head, then again in the write, where parallel deposits cannot exceed them.
//
// Safe from any thread; answers come through Completions.
#pragma once

#include <optional>

#include "base/budget.h"
#include "base/completion.h"
#include "base/mutex.h"
#include "gateway/relay/relay_common.h"
#include "gateway/relay/replay_memory.h"
#include "messaging/peering/transport.h"
#include "store/relay/deposit_keys.h"
#include "store/relay/mailboxes.h"

namespace gateway {

class RelayDeposits final : public messaging::peering::Mailroom {
 public:
  // Both outlive this.
  RelayDeposits(RelayCommon& common, messaging::peering::Mailroom& next);

  std::optional<messaging::peering::ArrivalReply> judge(
      const messaging::peering::ArrivalHead& head) override;
  void accept(messaging::peering::Arrival arrival,
              base::Completion<messaging::peering::ArrivalReply> done) override;

 private:
  struct Taken;
  messaging::peering::ArrivalReply reply(messaging::peering::ArrivalVerdict verdict,
                                         base::Millis pause = 0) const;
  std::optional<messaging::peering::ArrivalReply> over_limit(store::Connection& db,
                                                             const store::RelayMailbox& mailbox,
                                                             const store::RelayKey& key,
                                                             std::int64_t bytes,
                                                             std::int64_t envelopes);
  base::Result<messaging::peering::ArrivalReply> keep(store::Tx& tx, const Taken& taken);

  RelayCommon& common_;
  messaging::peering::Mailroom& next_;
  ReplayMemory replays_;
  base::Mutex mutex_;
  base::Budget<std::int64_t> handshakes_ GUARDED_BY(mutex_);  // envelopes, by the key's row
};

}  // namespace gateway
