// ContactBudget: what each contact may have us do in a time, in units of its own (base/budget.h),
// and how much that is of each kind of work that contacts cause.
//
// Contact 0 stands for everybody whose session is not proven. In memory: a restart gives everybody
// the whole. Safe from any thread.
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

  // 0: the price is paid. Else nothing was, and how long it takes until it can be.
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

// How far a contact's messages skip ahead in their chains. It chooses their numbers, and we pay for
// the gap: a step for each message that did not come, and a row for each of the newest keys, which
// takes as long as some steps. An honest gap, however long decision 9 allows it to be, is paid from
// a full budget at once; after that come some gaps a minute.
inline constexpr double kStepsPerKey = 20;
inline double step_price(std::uint32_t steps) {
  return steps + kStepsPerKey * std::min<double>(steps, crypto::kMaxSkippedKeys);
}
inline constexpr base::BudgetRule kStepRule{
    .per_second = 20'000.0 / 60,
    .burst = crypto::kMaxRatchetSteps + kStepsPerKey * crypto::kMaxSkippedKeys + 20'000};

// Bytes of groups' states that are sent because of what a contact sent, and to one member.
inline constexpr base::BudgetRule kStatesCausedRule{.per_second = 8.0 * 1024 * 1024 / 60,
                                                    .burst = 64.0 * 1024 * 1024};
inline constexpr base::BudgetRule kStatesToldRule{.per_second = kMaxGroupState / 60.0,
                                                  .burst = 8.0 * kMaxGroupState};
// Answers to a member who asks for a group's state, which go with the picture. Further questions
// wait.
inline constexpr base::BudgetRule kStatesAskedRule{.per_second = 1.0 / 60, .burst = 6};
// Bytes of envelopes that are kept because nobody knows their session: what is kept of one source
// at most (store/tables/envelopes.h), and that again in two minutes.
inline constexpr base::BudgetRule kParkingRule{.per_second = 8.0 * 1024 * 1024 / 120,
                                               .burst = 8.0 * 1024 * 1024};
// Members of groups whom we do not know and hear of by this contact.
inline constexpr base::BudgetRule kStrangersRule{.per_second = 2.0 * kMaxMembers / 3600,
                                                 .burst = 3.0 * kMaxMembers};

}  // namespace messaging::kernel
