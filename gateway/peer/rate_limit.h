// RateLimit: a token bucket per client address or other name, cheap and bounded. An IPv6 /64
// counts as one address. Loop or worker threads.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"

namespace gateway {

class RateLimit {
 public:
  struct Rule {
    double per_second = 50;
    double burst = 200;
  };
  // Both by reference's clock; `clock` outlives this.
  RateLimit(const base::Clock& clock, Rule rule) : clock_(clock), rule_(rule) {}

  // 0: go on. Else how long the address waits until its next token.
  base::Millis take(std::string_view address);
  // The same without taking a token.
  base::Millis wait(std::string_view address);

 private:
  struct Bucket {
    double tokens = 0;
    base::Millis at = 0;
  };
  base::Millis ask(std::string_view address, double price);
  void forget_full(base::Millis now) REQUIRES(mutex_);

  const base::Clock& clock_;
  const Rule rule_;
  base::Mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_ GUARDED_BY(mutex_);
};

}  // namespace gateway
