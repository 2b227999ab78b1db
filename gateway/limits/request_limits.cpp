#include "gateway/limits/request_limits.h"

namespace gateway {

RequestLimits::RequestLimits(const base::Clock& clock, RequestLimitOptions options)
    : local_too_(options.local_too) {
  if (options.address) addresses_ = std::make_unique<RateLimit>(clock, *options.address);
  if (options.key) keys_ = std::make_unique<RateLimit>(clock, *options.key);
}

base::Millis RequestLimits::take_address(std::string_view peer, bool local) {
  if (!addresses_ || (local && !local_too_)) return 0;
  return addresses_->take(peer);
}

base::Millis RequestLimits::take_key(const rpc::Access& access) {
  if (!keys_ || access.key_id().empty()) return 0;
  return keys_->take(access.key_id());
}

}  // namespace gateway
