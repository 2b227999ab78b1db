// AddressSlots: counts the descriptors that each client address holds. Loop thread; any thread may
// release a count. Bounded by the addresses that hold one, and as many again.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/http/slot.h"

namespace gateway {

class AddressSlots {
 public:
  // The address's count, as long as a connection holds a share of it.
  std::shared_ptr<Slot::Count> of(std::string_view peer);

 private:
  std::unordered_map<std::string, std::weak_ptr<Slot::Count>> counts_;  // by address_group()
  std::size_t sweep_at_ = 1024;
};

}  // namespace gateway
