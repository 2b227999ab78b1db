// Incoming: what arrives for our mailboxes, over HTTP and from accounts in this daemon alike.
//
// accept() judges the proof, opens the outer seals and writes parts of files, all on the caller's
// thread (what they need of a sync: messaging/part_sync.h); then one write opens the ratchet
// messages and applies what they say. It answers `stored` only after that commit, and `unavailable`
// when the database could not take it, so that the sender keeps what was not kept here. Envelopes
// that do not open, or that we have had, are acknowledged and dropped (decision 12); the counters
// tell how many.
//
// Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/mutex.h"
#include "messaging/arriving_parts.h"
#include "messaging/content.h"
#include "messaging/core.h"
#include "messaging/part_sync.h"
#include "messaging/relayed.h"
#include "messaging/transport.h"
#include "messaging/write_context.h"
#include "store/tables/deposit_tokens.h"

namespace messaging {

// With an invite's token: join requests only (decision 14). Each envelope is one; a joiner's
// deposit holds one.
inline constexpr std::size_t kMaxInviteDeposit = 64 * 1024;
inline constexpr std::size_t kMaxJoinRequestsPerHour = 60;
// With a group's introduction token or a retired one: session requests only, of the same size.
inline constexpr std::size_t kMaxIntroductionsPerHour = 600;
// Through a relay, which counts them too, they come together after a while away.
inline constexpr std::size_t kMaxRelayedRequestsAtOnce = 600;
inline constexpr std::size_t kMaxParked = 1000;
inline constexpr base::Millis kParkedLifetime = 7 * 24 * 3600 * base::Millis{1000};
inline constexpr base::Millis kSeenLifetime = 60 * 24 * 3600 * base::Millis{1000};

class Incoming {
 public:
  explicit Incoming(Core& core);

  void accept(Arrival arrival, base::Completion<ArrivalReply> done);
  // What came through the account's relay, which has checked the proofs: of keys that are known
  // here it is taken, in order, of others dropped. False: it could not be stored now.
  void accept_relayed(AccountId account, std::vector<RelayedEnvelope> envelopes,
                      base::Completion<bool> done);

  // What waits for a sync is answered; no file is taken any more.
  void stop() { part_sync_.stop(); }

  struct Counters {
    std::atomic<std::uint64_t> accepted{0};  // envelopes applied
    std::atomic<std::uint64_t> repeated{0};  // had before
    std::atomic<std::uint64_t> unopened{0};  // dropped
    std::atomic<std::uint64_t> parked{0};
    std::atomic<std::uint64_t> unproven{0};  // deposits refused
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Opened;  // an envelope without its outer seal
  struct Batch;

  // How a deposit came. From a peer, parts of files may be kept a sync later than what comes next,
  // and those that there is no room for wait at the peer. From our relay all is kept in order, and
  // parts without room are dropped: in the mailbox they would stand before what others sent.
  enum class From : std::uint8_t { peer, relay };
  void take(const AccountPtr& account, const store::DepositTokenRow& token, const Arrival& arrival,
            From from, base::Completion<ArrivalReply> done);
  void keep(AccountId account, const std::shared_ptr<Batch>& batch,
            base::Completion<ArrivalReply> done);
  ArrivalReply reply_to(const base::Error& error) const;
  base::Result<std::shared_ptr<Batch>> open_batch(const Arrival& arrival, const AccountPtr& account,
                                                  const store::DepositTokenRow& token, From from);
  void tell_dropped(AccountId account, const base::Error& why);
  base::Result<> apply(const WriteContext& write, const Batch& batch);
  base::Result<> apply_one(const WriteContext& write, const Opened& opened, bool from_parked);
  base::Result<> apply_request(const WriteContext& write, const Opened& opened,
                               const store::DepositTokenRow& token);
  base::Result<> apply_message(const WriteContext& write, const Opened& opened, bool from_parked);
  base::Result<> renew_unknown(const WriteContext& write, const store::DepositTokenRow& token,
                               const Opened& opened);
  base::Result<> retry_parked(const WriteContext& write);
  base::Result<> note_token(const WriteContext& write, const Batch& batch);
  std::optional<ArrivalReply> judge_requests(const store::Scope& scope,
                                             const store::DepositTokenRow& token,
                                             base::ByteView body);
  void drop_surplus(AccountId account, const store::DepositTokenRow& token,
                    std::vector<base::Bytes>& requests);
  ArrivalReply reply(ArrivalVerdict verdict) const;

  Core& core_;
  Counters counters_;
  BegunFiles begun_;
  PartSync part_sync_;
  base::Mutex mutex_;
  // Requests, by the token that admitted them.
  base::Budget<std::string> join_requests_ GUARDED_BY(mutex_);
  base::Budget<std::string> session_requests_ GUARDED_BY(mutex_);
  base::Budget<std::string> relayed_requests_ GUARDED_BY(mutex_);
  std::optional<base::Millis> told_dropped_ GUARDED_BY(mutex_);
};

}  // namespace messaging
