#include "store/health.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/log.h"

namespace store {

void Health::report_damage(std::string_view what) {
  {
    base::Lock lock(mutex_);
    if (refused_.load(std::memory_order_relaxed)) return;
    reason_ = what;
    refused_.store(true, std::memory_order_release);
  }
  base::log::error("writes are refused from now on: {}", what);
}

Health::State Health::state() const {
  base::Lock lock(mutex_);
  return {.writes_refused = refused_.load(std::memory_order_relaxed), .reason = reason_};
}

base::Result<> Health::may_write() const {
  if (!writes_refused()) return {};
  return base::fail(base::Errc::corrupt, "the store takes no writes: " + state().reason);
}

void Health::report_loss(std::string what, std::string report) {
  base::Lock lock(mutex_);
  loss_ = std::move(what);
  report_ = std::move(report);
}

std::string Health::loss() const {
  base::Lock lock(mutex_);
  if (!loss_.empty() && !report_.empty() && ::access(report_.c_str(), F_OK) != 0 && errno == ENOENT)
    loss_.clear();
  return loss_;
}

}  // namespace store
