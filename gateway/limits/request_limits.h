// RequestLimits: how many requests an address and a key may send (token buckets). Addresses of this
// machine are not limited unless a limit was set. Loop thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "gateway/limits/rate_limit.h"
#include "rpc/access.h"

namespace gateway {

struct RequestLimitOptions {
  std::optional<RateLimit::Rule> address = RateLimit::Rule{.per_second = 200, .burst = 1000};
  bool local_too = false;  // the address limit was set, so it holds on this machine as well
  std::optional<RateLimit::Rule> key = std::nullopt;
};

class RequestLimits {
 public:
  RequestLimits(const base::Clock& clock, RequestLimitOptions options);  // `clock` outlives it

  // 0: allowed. Otherwise the time to wait.
  base::Millis take_address(std::string_view peer, bool local);
  base::Millis take_key(const rpc::Access& access);

 private:
  const bool local_too_;
  std::unique_ptr<RateLimit> addresses_;  // null: not limited
  std::unique_ptr<RateLimit> keys_;
};

}  // namespace gateway
