// RateLimit: a budget of requests per client address or other name (base/budget.h). An IPv6 /64
// counts as one address. Loop or worker threads.
#pragma once

#include <string>
#include <string_view>

#include "base/budget.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace gateway {

class RateLimit {
 public:
  using Rule = base::BudgetRule;
  // `clock` outlives this.
  RateLimit(const base::Clock& clock, Rule rule) : clock_(clock), budget_(rule) {}

  // 0: allowed. Otherwise the time until the address's next token.
  base::Millis take(std::string_view address);
  // The same without taking a token.
  base::Millis wait(std::string_view address);

 private:
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::Budget<std::string> budget_ GUARDED_BY(mutex_);
};

}  // namespace gateway
