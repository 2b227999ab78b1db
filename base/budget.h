// Budget: what each party may spend, as token buckets: `burst` at once, `per_second` in the long
// run. A party is a client address, a key, a contact, an invite.
//
// Memory is bounded by `most_parties`. When so many are known, those that have everything back are
// forgotten, which changes nothing for them; while none has, parties that are new share one bucket.
// A flood of new names can therefore neither make the daemon grow nor restore what another party
// has spent, and it does not lock out those who are known.
//
// Threads: none of its own and no lock; the owner's mutex guards it. Times are of the boot clock.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <unordered_map>

#include "base/clock.h"

namespace base {

struct BudgetRule {
  double per_second = 50;
  double burst = 200;
};

template <class Key, class Hash = std::hash<Key>>
class Budget {
 public:
  explicit Budget(BudgetRule rule, std::size_t most_parties = 10'000)
      : rule_(rule), most_(most_parties), others_{rule.burst, 0} {}

  // 0: `price` was taken. Else nothing was taken, and how long it takes until it can be. A price
  // over the burst is taken when the bucket is full and leaves a debt.
  Millis take(const Key& key, Millis now, double price = 1) {
    Bucket& bucket = find(key, now);
    refill(bucket, now);
    const Millis wait = wait_of(bucket, price);
    if (wait == 0) bucket.tokens -= price;
    return wait;
  }
  // The same without taking anything.
  Millis wait(const Key& key, Millis now, double price = 1) const {
    const auto found = buckets_.find(key);
    Bucket bucket = found != buckets_.end()   ? found->second
                    : buckets_.size() < most_ ? Bucket{rule_.burst, now}
                                              : others_;
    refill(bucket, now);
    return wait_of(bucket, price);
  }
  // Takes what was used already, whether or not it is there: for work whose cost is known after it.
  void charge(const Key& key, Millis now, double price) {
    Bucket& bucket = find(key, now);
    refill(bucket, now);
    bucket.tokens -= price;
  }
  // What the party could take at once; negative while in debt.
  double left(const Key& key, Millis now) const {
    const auto found = buckets_.find(key);
    if (found == buckets_.end()) return rule_.burst;
    Bucket bucket = found->second;
    refill(bucket, now);
    return bucket.tokens;
  }
  void forget(const Key& key) { buckets_.erase(key); }
  std::size_t parties() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Millis at = 0;
  };

  Bucket& find(const Key& key, Millis now) {
    const auto found = buckets_.find(key);
    if (found != buckets_.end()) return found->second;
    if (buckets_.size() >= most_) forget_full(now);
    if (buckets_.size() >= most_) return others_;
    return buckets_.emplace(key, Bucket{rule_.burst, now}).first->second;
  }
  // At most once a second: a sweep reads every bucket.
  void forget_full(Millis now) {
    if (swept_ && now - swept_at_ < 1000) return;
    swept_ = true;
    swept_at_ = now;
    std::erase_if(buckets_, [&](const auto& entry) {
      Bucket bucket = entry.second;
      refill(bucket, now);
      return bucket.tokens >= rule_.burst;
    });
  }
  void refill(Bucket& bucket, Millis now) const {
    const auto passed = static_cast<double>(std::max<Millis>(0, now - bucket.at));
    bucket.tokens = std::min(rule_.burst, bucket.tokens + passed / 1000.0 * rule_.per_second);
    bucket.at = std::max(bucket.at, now);
  }
  Millis wait_of(const Bucket& bucket, double price) const {
    const double missing = std::min(price, rule_.burst) - bucket.tokens;
    constexpr double kRounding = 1e-6;  // of sums of fractions
    if (missing <= kRounding) return 0;
    const double millis = std::ceil(missing / rule_.per_second * 1000.0 - kRounding);
    return std::max<Millis>(1, static_cast<Millis>(millis));
  }

  const BudgetRule rule_;
  const std::size_t most_;
  Bucket others_;  // of those who are not remembered by name
  bool swept_ = false;
  Millis swept_at_ = 0;
  std::unordered_map<Key, Bucket, Hash> buckets_;
};

}  // namespace base
