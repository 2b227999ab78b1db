// RequestBudgets: how many handshake requests and answers are accepted. Anybody who has an invite
// or knows a group can make a request, and each one costs public-key operations and database rows;
// a budget for each deposit token (for each party, with a contact's own token) bounds that cost.
//
// In memory: a restart refills every budget. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "base/mutex.h"
#include "messaging/kernel/core.h"
#include "messaging/peering/transport.h"
#include "store/tables/deposit_tokens.h"

namespace messaging::peering {

// With an invite's token: join requests only (decision 14). Each envelope is one; a joiner's
// deposit holds one.
inline constexpr std::size_t kMaxInviteDeposit = 64 * 1024;
inline constexpr std::size_t kMaxJoinRequestsPerHour = 60;
// With a group's introduction token or a retired one: session requests only, of the same size. With
// a card's, which anybody may forward: as many an hour as with an invite's.
inline constexpr std::size_t kMaxIntroductionsPerHour = 600;
// A relay counts requests too; after a while offline they arrive from there all at once.
inline constexpr std::size_t kMaxRelayedRequestsAtOnce = 600;

class RequestBudgets {
 public:
  explicit RequestBudgets(kernel::Core& core);

  // A deposit of requests from a peer. A deposit over a bound is refused whole, and its sender
  // retries later; nullopt: accepted, and taken from the token's budget.
  std::optional<ArrivalReply> judge(const store::Scope& scope, const store::DepositTokenRow& token,
                                    base::ByteView body);
  // Of this many requests from a relay, how many are accepted: the first ones.
  std::size_t take_relayed(AccountId account, const store::DepositTokenRow& token,
                           std::size_t count);
  // Whether a session request may be opened. A repeated request is answered without opening it.
  bool may_open(AccountId account, const store::DepositTokenRow& token);
  // 0: an answer of this party may be completed now; else after this time.
  base::Millis take_answer(const std::string& party);

 private:
  kernel::Core& core_;
  base::Mutex mutex_;
  // Requests, by the token that allowed them.
  base::Budget<std::string> join_requests_ GUARDED_BY(mutex_);
  base::Budget<std::string> session_requests_ GUARDED_BY(mutex_);
  base::Budget<std::string> relayed_requests_ GUARDED_BY(mutex_);
  // Handshake messages that are opened: requests by party or by introduction token, answers by
  // party.
  base::Budget<std::string> requests_ GUARDED_BY(mutex_){{.per_second = 1.0 / 30, .burst = 12}};
  base::Budget<std::string> introductions_ GUARDED_BY(mutex_){{.per_second = 0.2, .burst = 120}};
  base::Budget<std::string> answers_ GUARDED_BY(mutex_){{.per_second = 0.1, .burst = 8}};
};

}  // namespace messaging::peering
