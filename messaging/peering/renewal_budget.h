// RenewalBudget: how often a session may be renewed with one contact, so that a pair whose sessions
// keep failing, or a hostile contact, costs little: a few at once, then one every five minutes. In
// memory: a restart refills every budget. Safe from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"

namespace messaging::peering {

// With one contact, one more renewal may begin after this time.
inline constexpr base::Millis kRenewalRefill = 5 * 60 * base::Millis{1000};

class RenewalBudget {
 public:
  enum class Side { begin, answer };

  explicit RenewalBudget(const base::Clock& clock) : clock_(clock) {}

  // False: the budget is used up. Contact 0 stands for all peers that are not contacts yet and were
  // introduced by the same group, identified by its chat.
  bool take(base::AccountId account, base::ContactId contact, Side side, std::int64_t group = 0);
  void forget(base::AccountId account);

 private:
  using Key = std::tuple<base::AccountId, base::ContactId, Side, std::int64_t>;
  struct Bucket {
    int left = 0;
    base::Millis filled_at = 0;
  };
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::map<Key, Bucket> buckets_ GUARDED_BY(mutex_);
};

}  // namespace messaging::peering
