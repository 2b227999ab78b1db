#include "gateway/daemon/api_keys.h"

#include <algorithm>

#include "base/log.h"

namespace gateway {

base::Result<std::unique_ptr<ApiKeys>> ApiKeys::open(const std::filesystem::path& path,
                                                     EventLoop& loop, const base::Clock& clock,
                                                     std::function<void()> on_ended) {
  EDGE_TRY(auto ring, KeyRing::open(path, clock));
  if (ring->size() == 0) {
    base::log::warning("there are no API keys yet, so nobody is served: privitty-edge keys add");
  }
  std::unique_ptr<ApiKeys> keys(new ApiKeys(std::move(ring), loop, clock, std::move(on_ended)));
  keys->expire();
  return keys;
}

ApiKeys::ApiKeys(std::unique_ptr<KeyRing> ring, EventLoop& loop, const base::Clock& clock,
                 std::function<void()> on_ended)
    : ring_(std::move(ring)),
      clock_(clock),
      on_ended_(std::move(on_ended)),
      watch_(loop, ring_->path(), [this] { reload(); }),
      expiry_(loop, [this] { expire(); }) {}

void ApiKeys::reload() {
  if (const auto read = ring_->reload(); read) {
    base::log::info("API keys were read again: {} now", ring_->size());
  } else {
    base::log::error("{}; the keys stay as they were", read.error().message);
  }
  expire();
}

void ApiKeys::expire() {
  constexpr base::Millis kLongest = 3'600'000;  // the wall clock may be set meanwhile
  const auto next = ring_->expire();
  on_ended_();
  if (next) expiry_.arm(std::clamp<base::Millis>(*next - clock_.now(), 1'000, kLongest));
}

}  // namespace gateway
