// ContactBudget: a budget (base/budget.h) for each contact, which bounds the work that the
// contact's messages cause here; and the rules of each kind of such work.
//
// Contact 0 stands for all peers whose session is not proven. In memory: a restart refills every
// budget. Safe from any thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/budget.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "crypto/ratchet.h"
#include "messaging/model/group_state.h"

namespace messaging::kernel {

class ContactBudget {
 public:
  ContactBudget(const base::Clock& clock, base::BudgetRule rule) : clock_(clock), budget_(rule) {}

  // 0: the price was charged. Otherwise nothing was charged, and the result is the time until it
  // can be.
  base::Millis take(base::AccountId account, base::ContactId contact, double price) {
    base::Lock lock(mutex_);
    return budget_.take(name(account, contact), clock_.uptime(), price);
  }

 private:
  static std::uint64_t name(base::AccountId account, base::ContactId contact) {
    return std::uint64_t{account.value} << 32 | contact.value;
  }
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::Budget<std::uint64_t> budget_ GUARDED_BY(mutex_);
};

// Bounds the steps that a contact's messages skip in their chains. The sender chooses the numbers,
// and each gap costs a step for each missing message and a row for each of the newest keys, which
// takes as long as several steps. A full budget covers the longest gap that decision 9 allows;
// after that some gaps a minute are possible.
inline constexpr double kStepsPerKey = 20;
inline double step_price(std::uint32_t steps) {
  return steps + kStepsPerKey * std::min<double>(steps, crypto::kMaxSkippedKeys);
}
inline constexpr base::BudgetRule kStepRule{
    .per_second = 20'000.0 / 60,
    .burst = crypto::kMaxRatchetSteps + kStepsPerKey * crypto::kMaxSkippedKeys + 20'000};

// Bytes of group states that are sent because of a contact's messages, and bytes sent to one
// member.
inline constexpr base::BudgetRule kStatesCausedRule{.per_second = 8.0 * 1024 * 1024 / 60,
                                                    .burst = 64.0 * 1024 * 1024};
inline constexpr base::BudgetRule kStatesSentRule{.per_second = kMaxGroupState / 60.0,
                                                  .burst = 8.0 * kMaxGroupState};
// Answers to a member's requests for a group's state, which carry the picture. Further requests
// wait.
inline constexpr base::BudgetRule kStatesAskedRule{.per_second = 1.0 / 60, .burst = 6};
// Bytes of envelopes that are parked because their session is unknown: the maximum per source
// (store/tables/envelopes.h), refilled in two minutes.
inline constexpr base::BudgetRule kParkingRule{.per_second = 8.0 * 1024 * 1024 / 120,
                                               .burst = 8.0 * 1024 * 1024};
// Unknown members of groups that this contact's states introduce.
inline constexpr base::BudgetRule kStrangersRule{.per_second = 2.0 * kMaxMembers / 3600,
                                                 .burst = 3.0 * kMaxMembers};

}  // namespace messaging::kernel
