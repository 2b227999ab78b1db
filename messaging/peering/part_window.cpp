#include "messaging/peering/part_window.h"

#include <algorithm>

namespace messaging::peering {

PartWindow::PartWindow(std::uint32_t stored, std::uint32_t all, bool careful)
    : all_(all), stored_(std::min(stored, all)), next_(stored_), parts_(careful ? 1 : kMostParts) {}

std::optional<PartWindow::Parts> PartWindow::next() const {
  if (stopped_ || next_ == all_ || under_way_ >= deposits_) return std::nullopt;
  return Parts{next_, next_ + std::min(parts_, all_ - next_)};
}

void PartWindow::begun(Parts parts) {
  sent_[parts.first] = {parts.until, false};
  next_ = parts.until;
  ++under_way_;
}

void PartWindow::answered(Parts parts, bool stored, base::Millis took) {
  --under_way_;
  if (!stored) return stop();
  sent_[parts.first].stored = true;
  for (auto first = sent_.begin(); first != sent_.end() && first->second.stored;
       first = sent_.erase(first)) {
    stored_ = first->second.until;
  }
  parts_ = std::min(2 * parts_, kMostParts);
  deposits_ = took > kQuick ? 1 : std::min(deposits_ + 1, kMostDeposits);
}

}  // namespace messaging::peering
