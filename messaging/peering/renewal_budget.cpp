#include "messaging/peering/renewal_budget.h"

#include <algorithm>

namespace messaging::peering {
namespace {

constexpr int kOfContact = 6;
constexpr int kOfStrangers = 200;
constexpr base::Millis kRefillStrangers = 10'000;

}  // namespace

bool RenewalBudget::take(base::AccountId account, base::ContactId contact, Side side,
                         std::int64_t group) {
  const bool stranger = !contact.valid();
  const int most = stranger ? kOfStrangers : kOfContact;
  const base::Millis refill = stranger ? kRefillStrangers : kRenewalRefill;
  const base::Millis now = clock_.uptime();
  base::Lock lock(mutex_);
  const auto [entry, fresh] =
      buckets_.try_emplace(Key{account, contact, side, group}, Bucket{most, now});
  Bucket& bucket = entry->second;
  const base::Millis gained = (now - bucket.filled_at) / refill;
  bucket.left = static_cast<int>(std::min<base::Millis>(most, bucket.left + gained));
  bucket.filled_at += gained * refill;
  if (bucket.left == 0) return false;
  --bucket.left;
  return true;
}

void RenewalBudget::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  std::erase_if(buckets_, [&](const auto& one) { return std::get<0>(one.first) == account; });
}

}  // namespace messaging::peering
