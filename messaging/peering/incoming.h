// Incoming: what arrives for our mailboxes, over HTTP and from accounts in this daemon alike.
//
// accept() verifies the proof, judges the budgets of handshakes
// (messaging/peering/request_budgets.h), opens the outer seals and the messages of handshakes, and
// writes parts of files, all on the caller's thread (syncs are shared:
// messaging/peering/part_sync.h). The writer then applies the envelopes a slice at a time
// (messaging/peering/arrivals.h, delivery_applier.h). The answer is `stored` only after the last
// commit; `unavailable` when the database refused the write, and `too_many` when the sender's
// budget is used up: the sender then keeps the envelopes and retries. Envelopes that do not open,
// or were applied before, are acknowledged and dropped (decision 12); the counters show how many.
//
// While an account's io is stopped nothing is accepted: envelopes wait at their senders and the
// relay.
//
// Safe from any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/mutex.h"
#include "messaging/kernel/core.h"
#include "messaging/peering/arrival_counters.h"
#include "messaging/peering/arrivals.h"
#include "messaging/peering/arriving_parts.h"
#include "messaging/peering/delivery_applier.h"
#include "messaging/peering/parked_retries.h"
#include "messaging/peering/part_sync.h"
#include "messaging/peering/relayed.h"
#include "messaging/peering/request_budgets.h"
#include "messaging/peering/transport.h"
#include "store/tables/deposit_tokens.h"

namespace messaging::peering {

class Incoming {
 public:
  explicit Incoming(kernel::Core& core);

  void accept(Arrival arrival, base::Completion<ArrivalReply> done);
  // Envelopes from the account's relay, which has verified the proofs. Those of known keys are
  // applied in order, others dropped. False: some could not be stored now.
  void accept_relayed(AccountId account, std::vector<RelayedEnvelope> envelopes,
                      base::Completion<bool> done);

  // Applies the envelopes that were parked under this tag, or under any whose session is known by
  // now.
  void retry_parked(AccountId account, const Tag& tag) { parked_.retry(account, tag); }
  void retry_parked(AccountId account) { parked_.retry_known(account); }
  // The account's io was started: contacts whose deposits were refused meanwhile are notified.
  void io_started(AccountId account);

  // Answers the deposits that wait for a sync; no file is accepted any more.
  void stop() {
    part_sync_.stop();
    arrivals_.stop();
  }

  const ArrivalCounters& counters() const { return counters_; }
  const Arrivals& arrivals() const { return arrivals_; }

 private:
  using From = Delivery::From;

  // Whose deposit is opened, and the store as it is read meanwhile.
  struct Opening {
    const kernel::AccountPtr& account;
    store::Scope scope;
    const store::DepositTokenRow& token;
  };

  void take(const Opening& opening, const Arrival& arrival, From from,
            base::Completion<ArrivalReply> done);
  void keep(const DeliveryPtr& delivery, base::Completion<ArrivalReply> done);
  ArrivalReply reply_to(const base::Error& error) const;
  base::Result<DeliveryPtr> open_delivery(const Opening& opening, const Arrival& arrival,
                                          From from);
  // What of a handshake's message needs key agreements, which would hold up the writer.
  base::Result<> open_handshake(const Opening& opening, const std::string& party,
                                OpenedEnvelope& opened);
  void drop_surplus(AccountId account, const store::DepositTokenRow& token,
                    std::vector<base::Bytes>& requests);
  void warn_dropped(AccountId account, const base::Error& why);
  ArrivalReply reply(ArrivalVerdict verdict, base::Millis later = 0) const;

  kernel::Core& core_;
  ArrivalCounters counters_;
  RequestBudgets budgets_;
  DeliveryApplier applier_;
  Arrivals arrivals_;
  ParkedRetries parked_;
  BegunFiles begun_;
  PartSync part_sync_;
  base::Mutex mutex_;
  std::optional<base::Millis> warned_at_ GUARDED_BY(mutex_);  // of parts that were dropped
  std::map<AccountId, std::set<ContactId>> refused_ GUARDED_BY(mutex_);  // while io was stopped
};

}  // namespace messaging::peering
