#include "gateway/limits/rate_limit.h"

#include "gateway/loop/address_group.h"

namespace gateway {

base::Millis RateLimit::take(std::string_view address) {
  base::Lock lock(mutex_);
  return budget_.take(address_group(address), clock_.uptime());
}

base::Millis RateLimit::wait(std::string_view address) {
  base::Lock lock(mutex_);
  return budget_.wait(address_group(address), clock_.uptime());
}

}  // namespace gateway
