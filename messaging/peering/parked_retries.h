// ParkedRetries: applies parked envelopes again once their session is known. An envelope is parked
// when it arrives before the handshake that makes its session.
//
// Reads a few rows at a time, opens their outer seals beside the writer, and adds them to Arrivals
// as a delivery. One retry of a tag runs at a time. Safe from any thread.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "base/mutex.h"
#include "messaging/kernel/core.h"
#include "messaging/peering/arrivals.h"

namespace messaging::peering {

inline constexpr base::Millis kParkedLifetime = 7 * 24 * 3600 * base::Millis{1000};

class ParkedRetries {
 public:
  ParkedRetries(kernel::Core& core, Arrivals& arrivals) : core_(core), arrivals_(arrivals) {}

  // Retries the envelopes that were parked under this tag.
  void retry(AccountId account, const Tag& tag);
  // Retries those under every tag whose session is known by now.
  void retry_known(AccountId account);

 private:
  struct Loaded {
    DeliveryPtr delivery;  // nullptr: no envelope is parked under the tag
    bool more = false;
    std::int64_t last = 0;
  };
  void load(AccountId account, const Tag& tag, std::int64_t after);
  base::Result<Loaded> read(AccountId account, const Tag& tag, std::int64_t after);
  void end(AccountId account, const Tag& tag);

  kernel::Core& core_;
  Arrivals& arrivals_;
  base::Mutex mutex_;
  std::set<std::pair<AccountId, Tag>> retrying_ GUARDED_BY(mutex_);
};

}  // namespace messaging::peering
