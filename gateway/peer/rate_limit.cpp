#include "gateway/peer/rate_limit.h"

#include <algorithm>
#include <cmath>

#include "gateway/loop/address_group.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxBuckets = 10'000;  // about 1 MiB; more addresses than that: start over

}  // namespace

base::Millis RateLimit::take(std::string_view address) { return ask(address, 1); }

base::Millis RateLimit::wait(std::string_view address) { return ask(address, 0); }

base::Millis RateLimit::ask(std::string_view address, double price) {
  const base::Millis now = clock_.uptime();
  base::Lock lock(mutex_);
  std::string key = address_group(address);
  if (price == 0 && buckets_.find(key) == buckets_.end()) return 0;
  if (buckets_.size() >= kMaxBuckets) forget_full(now);
  auto& bucket = buckets_.try_emplace(std::move(key), Bucket{rule_.burst, now}).first->second;
  const double earned = static_cast<double>(now - bucket.at) / 1000.0 * rule_.per_second;
  bucket.tokens = std::min(rule_.burst, bucket.tokens + earned);
  bucket.at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= price;
    return 0;
  }
  return static_cast<base::Millis>(std::ceil((1 - bucket.tokens) / rule_.per_second * 1000.0));
}

void RateLimit::forget_full(base::Millis now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    const double earned = static_cast<double>(now - entry.second.at) / 1000.0 * rule_.per_second;
    return entry.second.tokens + earned >= rule_.burst;
  });
  if (buckets_.size() >= kMaxBuckets) buckets_.clear();
}

}  // namespace gateway
