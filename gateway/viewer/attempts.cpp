#include "gateway/viewer/attempts.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr base::Millis kMinute = 60'000;

}  // namespace

bool Attempts::take(std::string_view who, base::Millis now) {
  while (!last_.empty() && last_.front().first <= now - kMinute) last_.pop_front();
  const auto own = std::count_if(last_.begin(), last_.end(),
                                 [&](const auto& attempt) { return attempt.second == who; });
  if (static_cast<std::size_t>(own) >= kEach || last_.size() >= kAll) return false;
  last_.emplace_back(now, who);
  return true;
}

}  // namespace gateway
