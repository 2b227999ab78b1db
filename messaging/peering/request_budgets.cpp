#include "messaging/peering/request_budgets.h"

#include "messaging/peering/delivery.h"
#include "messaging/peering/handshakes.h"

namespace messaging::peering {
namespace {

constexpr base::Millis kPauseWithoutRoom = 60'000;  // pending requests expire or are proven

base::BudgetRule an_hour(std::size_t most) {
  return {.per_second = static_cast<double>(most) / 3600, .burst = static_cast<double>(most)};
}

}  // namespace

RequestBudgets::RequestBudgets(kernel::Core& core)
    : core_(core),
      join_requests_(an_hour(kMaxJoinRequestsPerHour)),
      session_requests_(an_hour(kMaxIntroductionsPerHour)),
      relayed_requests_({an_hour(kMaxJoinRequestsPerHour).per_second,
                         static_cast<double>(kMaxRelayedRequestsAtOnce)}) {}

std::optional<ArrivalReply> RequestBudgets::judge(const store::Scope& scope,
                                                  const store::DepositTokenRow& token,
                                                  base::ByteView body) {
  const auto reply = [this](ArrivalVerdict verdict, base::Millis later = 0) {
    return ArrivalReply{verdict, later, core_.clock.now()};
  };
  const auto envelopes = split_body(body);
  if (!envelopes) return reply(ArrivalVerdict::malformed);
  const bool joins = token.purpose == store::TokenPurpose::invite;
  const bool by_anybody = joins || token.purpose == store::TokenPurpose::card;
  if (envelopes->size() > (by_anybody ? kMaxJoinRequestsPerHour : kMaxIntroductionsPerHour)) {
    return reply(ArrivalVerdict::too_large);
  }
  if (token.purpose != store::TokenPurpose::retired) {
    const auto room = has_room(scope, joins ? store::JoinRole::inviter : store::JoinRole::responder,
                               token.owner_id, core_.steady->now());
    if (!room) return reply(ArrivalVerdict::unavailable);
    if (!*room) return reply(ArrivalVerdict::too_many, kPauseWithoutRoom);
  }
  base::Lock lock(mutex_);
  auto& budget = by_anybody ? join_requests_ : session_requests_;
  const base::Millis wait = budget.take(name_of(scope.account, token), core_.clock.uptime(),
                                        static_cast<double>(envelopes->size()));
  if (wait == 0) return std::nullopt;
  return reply(ArrivalVerdict::too_many, wait);
}

std::size_t RequestBudgets::take_relayed(AccountId account, const store::DepositTokenRow& token,
                                         std::size_t count) {
  const std::string name = name_of(account, token);
  base::Lock lock(mutex_);
  std::size_t taken = 0;
  while (taken < count && relayed_requests_.take(name, core_.clock.uptime()) == 0) ++taken;
  return taken;
}

bool RequestBudgets::may_open(AccountId account, const store::DepositTokenRow& token) {
  const bool introduced = token.purpose == store::TokenPurpose::introduction ||
                          token.purpose == store::TokenPurpose::card;
  const std::string name = introduced ? name_of(account, token) : party_of(account, token);
  base::Lock lock(mutex_);
  return (introduced ? introductions_ : requests_).take(name, core_.clock.uptime()) == 0;
}

base::Millis RequestBudgets::take_answer(const std::string& party) {
  base::Lock lock(mutex_);
  return answers_.take(party, core_.clock.uptime());
}

}  // namespace messaging::peering
