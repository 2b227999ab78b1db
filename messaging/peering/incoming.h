// Incoming: what arrives for our mailboxes, over HTTP and from accounts in this daemon alike.
//
// accept() judges the proof, opens the outer seals, reads requests for sessions and writes parts of
// files, all on the caller's thread (what they need of a sync: messaging/peering/part_sync.h); then
// writes open the ratchet messages and apply what they say, a slice at a time
// (messaging/peering/arrivals.h). It answers `stored` only after the last commit; `unavailable`
// when the database could not take it and `too_many` when the sender has used up what it may cost
// us for now, so that the sender keeps what was not kept here. Envelopes that do not open, or that
// we have had, are acknowledged and dropped (decision 12); the counters tell how many.
//
// While an account's io is stopped nothing is taken: it waits at its senders and its relay.
//
// Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "base/mutex.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/peering/arrivals.h"
#include "messaging/peering/arriving_parts.h"
#include "messaging/peering/part_sync.h"
#include "messaging/peering/relayed.h"
#include "messaging/peering/transport.h"
#include "store/tables/deposit_tokens.h"

namespace messaging::peering {

// With an invite's token: join requests only (decision 14). Each envelope is one; a joiner's
// deposit holds one.
inline constexpr std::size_t kMaxInviteDeposit = 64 * 1024;
inline constexpr std::size_t kMaxJoinRequestsPerHour = 60;
// With a group's introduction token or a retired one: session requests only, of the same size.
inline constexpr std::size_t kMaxIntroductionsPerHour = 600;
// Through a relay, which counts them too, they come together after a while away.
inline constexpr std::size_t kMaxRelayedRequestsAtOnce = 600;
inline constexpr base::Millis kParkedLifetime = 7 * 24 * 3600 * base::Millis{1000};
inline constexpr base::Millis kSeenLifetime = 60 * 24 * 3600 * base::Millis{1000};

class Incoming {
 public:
  explicit Incoming(kernel::Core& core);

  void accept(Arrival arrival, base::Completion<ArrivalReply> done);
  // What came through the account's relay, which has checked the proofs: of keys that are known
  // here it is taken, in order, of others dropped. False: it could not be stored now.
  void accept_relayed(AccountId account, std::vector<RelayedEnvelope> envelopes,
                      base::Completion<bool> done);

  // Any thread. Envelopes that were parked under this tag, or under any whose session is known by
  // now, are tried again.
  void retry_parked(AccountId account, const Tag& tag);
  void retry_parked(AccountId account);
  // The account's io was started: whoever came in vain meanwhile hears so.
  void io_started(AccountId account);

  // What waits for a sync is answered; no file is taken any more.
  void stop() {
    part_sync_.stop();
    arrivals_.stop();
  }

  struct Counters {
    std::atomic<std::uint64_t> accepted{0};  // envelopes applied
    std::atomic<std::uint64_t> repeated{0};  // had before
    std::atomic<std::uint64_t> unopened{0};  // dropped
    std::atomic<std::uint64_t> unread{0};    // session requests over the budget of their opening
    std::atomic<std::uint64_t> surplus{0};   // requests from a relay over their token's budget
    std::atomic<std::uint64_t> parked{0};
    std::atomic<std::uint64_t> unproven{0};         // deposits refused
    std::atomic<std::uint64_t> later{0};            // not taken for now, for what they cost
    std::atomic<std::uint64_t> steps_in_writes{0};  // of chains, walked by the writer
  };
  const Counters& counters() const { return counters_; }
  const Arrivals& arrivals() const { return arrivals_; }

 private:
  using From = Delivery::From;
  // What became of one envelope.
  enum class Applied : std::uint8_t { done, partly, walk, later };
  struct AppliedOne {
    Applied how = Applied::done;
    base::Millis later = 0;
  };

  void take(const kernel::AccountPtr& account, const store::DepositTokenRow& token,
            const Arrival& arrival, From from, base::Completion<ArrivalReply> done);
  void keep(const DeliveryPtr& delivery, base::Completion<ArrivalReply> done);
  ArrivalReply reply_to(const base::Error& error) const;
  base::Result<DeliveryPtr> open_delivery(const Arrival& arrival, const kernel::AccountPtr& account,
                                          const store::DepositTokenRow& token, From from);
  void tell_dropped(AccountId account, const base::Error& why);
  bool may_read_request(AccountId account, const store::DepositTokenRow& token);
  struct LoadedParked {
    DeliveryPtr delivery;  // nothing: there are none
    bool more = false;
    std::int64_t last = 0;
  };
  base::Result<LoadedParked> parked_delivery(AccountId account, const Tag& tag, std::int64_t after);
  void load_parked(AccountId account, const Tag& tag, std::int64_t after);
  void parked_tried(AccountId account, const Tag& tag);

  base::Result<> drop_unreadable(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<SliceEnd> apply_slice(const kernel::WriteContext& write, Delivery& delivery,
                                     std::chrono::microseconds time);
  base::Result<> apply_parts(const kernel::WriteContext& write, const Delivery& delivery);
  base::Result<AppliedOne> apply_one(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<> apply_request(const kernel::WriteContext& write, OpenedEnvelope& opened,
                               const store::DepositTokenRow& token);
  base::Result<AppliedOne> apply_answer(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<AppliedOne> apply_message(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<> park(const kernel::WriteContext& write, const Delivery& delivery);
  void retry_after_commit(const kernel::WriteContext& write, const Tag& tag);
  base::Result<> renew_unknown(const kernel::WriteContext& write,
                               const store::DepositTokenRow& token, const OpenedEnvelope& opened);
  base::Result<> note_token(const kernel::WriteContext& write, const Delivery& delivery);
  std::optional<ArrivalReply> judge_requests(const store::Scope& scope,
                                             const store::DepositTokenRow& token,
                                             base::ByteView body);
  void drop_surplus(AccountId account, const store::DepositTokenRow& token,
                    std::vector<base::Bytes>& requests);
  ArrivalReply reply(ArrivalVerdict verdict, base::Millis later = 0) const;

  kernel::Core& core_;
  Counters counters_;
  Arrivals arrivals_;
  BegunFiles begun_;
  PartSync part_sync_;
  base::Mutex mutex_;
  // Requests, by the token that admitted them.
  base::Budget<std::string> join_requests_ GUARDED_BY(mutex_);
  base::Budget<std::string> session_requests_ GUARDED_BY(mutex_);
  base::Budget<std::string> relayed_requests_ GUARDED_BY(mutex_);
  std::optional<base::Millis> told_dropped_ GUARDED_BY(mutex_);
  // Handshake messages are opened at some cost: so many for each token, and answers for each party.
  base::Budget<std::string> requests_ GUARDED_BY(mutex_){{.per_second = 1.0 / 30, .burst = 12}};
  base::Budget<std::string> introductions_ GUARDED_BY(mutex_){{.per_second = 0.2, .burst = 120}};
  base::Budget<std::string> answers_ GUARDED_BY(mutex_){{.per_second = 0.1, .burst = 8}};
  std::set<std::pair<AccountId, Tag>> retrying_ GUARDED_BY(mutex_);  // of parked envelopes
  std::map<AccountId, std::set<ContactId>> came_in_vain_
      GUARDED_BY(mutex_);  // while io was stopped
};

}  // namespace messaging::peering
