#include "gateway/server/address_slots.h"

#include <algorithm>

#include "gateway/loop/address_group.h"

namespace gateway {

std::shared_ptr<Slot::Count> AddressSlots::of(std::string_view peer) {
  if (counts_.size() >= sweep_at_) {
    std::erase_if(counts_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(1024, 2 * counts_.size());
  }
  auto& known = counts_[address_group(peer)];
  if (auto count = known.lock()) return count;
  auto count = std::make_shared<Slot::Count>(0);
  known = count;
  return count;
}

}  // namespace gateway
