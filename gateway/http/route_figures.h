// RouteFigures: how often an endpoint answered with which status, and how long it took. Added to by
// the loop's thread, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/counter.h"

namespace gateway {

class RouteFigures {
 public:
  // Every status this server sends; another counts as 500.
  static constexpr std::array<int, 26> kStatuses = {200, 201, 202, 204, 206, 304, 400, 401, 403,
                                                    404, 405, 408, 409, 410, 413, 415, 416, 417,
                                                    421, 429, 431, 500, 501, 503, 505, 507};

  void add(int status, std::uint64_t nanos) {
    std::size_t index = 0;
    while (index < kStatuses.size() && kStatuses[index] != status) ++index;
    if (index == kStatuses.size()) index = kOther;
    counts_[index].fetch_add(1, std::memory_order_relaxed);
    time_.add(nanos);
  }
  template <class Visit>
  void for_each_status(Visit&& visit) const {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      const std::uint64_t count = counts_[i].load(std::memory_order_relaxed);
      if (count > 0) visit(kStatuses[i], count);
    }
  }
  base::Histogram::Reading times() const { return time_.read(); }

 private:
  static constexpr std::size_t kOther = 21;
  static_assert(kStatuses[kOther] == 500);
  std::array<std::atomic<std::uint64_t>, kStatuses.size()> counts_{};
  base::Histogram time_;
};

}  // namespace gateway
