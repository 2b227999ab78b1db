// ReplayMemory: proofs of deposits that were taken lately. Resists an attacker who copies a deposit
// from a plain link and sends it again to fill a mailbox: the copy is answered as the first one was
// and kept once. Bounded: the oldest are forgotten, and so is everything at a restart; a sender
// that tries again by itself makes a new proof. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <set>

#include "base/mutex.h"

namespace gateway {

class ReplayMemory {
 public:
  using Mac = std::array<std::uint8_t, 32>;

  bool knows(const Mac& mac) {
    base::Lock lock(mutex_);
    return known_.contains(mac);
  }
  void note(const Mac& mac) {
    base::Lock lock(mutex_);
    if (!known_.insert(mac).second) return;
    order_.push_back(mac);
    if (order_.size() <= kMost) return;
    known_.erase(order_.front());
    order_.pop_front();
  }

 private:
  static constexpr std::size_t kMost = 16'384;  // about 2 MiB
  base::Mutex mutex_;
  std::set<Mac> known_ GUARDED_BY(mutex_);
  std::deque<Mac> order_ GUARDED_BY(mutex_);
};

}  // namespace gateway
