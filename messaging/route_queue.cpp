#include "messaging/route_queue.h"

#include <algorithm>

#include "crypto/random.h"

namespace messaging {
namespace {

constexpr base::Millis kFirstPause = 250;
constexpr base::Millis kLongestPauseEarly = 9'000;  // in the first ten minutes
constexpr base::Millis kLongestPauseLate = 120'000;
constexpr base::Millis kEarly = 10 * 60'000;
constexpr int kMostDoublings = 16;
constexpr base::Millis kWarnAfter = 10'000;
constexpr base::Millis kWarnEvery = 3'600'000;

}  // namespace

void RouteQueue::leave(RouteKey key, const State& state) {
  Count& count = counts_[key.first];
  if (state.ready || state.under_way) {
    --count.busy;
    if (state.failures > 0) --count.failing;
  }
  if (state.under_way) {
    --under_way_;
    if (state.failures > 0) --failing_under_way_;
  } else if (state.ready) {
    queue_of(state).erase({state.due, key});
  }
  if (count.busy == 0) counts_.erase(key.first);
}

void RouteQueue::enter(RouteKey key, const State& state) {
  if (!state.ready && !state.under_way) return;
  Count& count = counts_[key.first];
  ++count.busy;
  if (state.failures > 0) ++count.failing;
  if (state.under_way) {
    ++under_way_;
    if (state.failures > 0) ++failing_under_way_;
  } else {
    queue_of(state).insert({state.due, key});
  }
}

void RouteQueue::ready(RouteKey key) {
  State& state = states_[key];
  if (state.ready) return;
  leave(key, state);
  state.ready = true;
  enter(key, state);
}

std::vector<RouteKey> RouteQueue::take(base::Millis now) {
  std::vector<RouteKey> taken;
  take_from(fine_, now, kMostUnderWay - std::min(under_way_, kMostUnderWay), taken);
  const std::size_t left = kMostUnderWay - std::min(under_way_, kMostUnderWay);
  const std::size_t half = kMostUnderWay / 2;
  take_from(failing_, now, std::min(left, half - std::min(failing_under_way_, half)), taken);
  return taken;
}

void RouteQueue::take_from(Queue& queue, base::Millis now, std::size_t most,
                           std::vector<RouteKey>& taken) {
  for (; most > 0 && !queue.empty() && queue.begin()->first <= now; --most) {
    const RouteKey key = queue.begin()->second;
    State& state = states_[key];
    leave(key, state);
    state.ready = false;
    state.under_way = true;
    enter(key, state);
    taken.push_back(key);
  }
}

void RouteQueue::finished(RouteKey key, bool reached, bool again, base::Millis now,
                          base::Millis pause) {
  const auto found = states_.find(key);
  if (found == states_.end()) return;  // forgotten meanwhile
  State& state = found->second;
  leave(key, state);
  state.under_way = false;
  state.ready = state.ready || again;
  if (reached) {
    state.failures = 0;
    state.due = 0;
    state.warned.reset();
  } else {
    if (state.failures++ == 0) state.failing_since = now;
    state.due = now + std::max(pause_after(state, now), std::min(pause, kLongestPauseLate));
  }
  enter(key, state);
  if (!state.ready) states_.erase(found);
}

void RouteQueue::heard(RouteKey key) {
  const auto found = states_.find(key);
  if (found == states_.end() || found->second.failures == 0) return;
  leave(key, found->second);
  found->second.due = 0;
  enter(key, found->second);
}

void RouteQueue::end_pauses() {
  for (auto& [key, state] : states_) {
    leave(key, state);
    state.due = 0;
    enter(key, state);
  }
}

void RouteQueue::forget(base::AccountId account) {
  for (auto at = states_.lower_bound({account, INT64_MIN});
       at != states_.end() && at->first.first == account; at = states_.erase(at)) {
    leave(at->first, at->second);
  }
}

int RouteQueue::failures(RouteKey key) const {
  const auto found = states_.find(key);
  return found == states_.end() ? 0 : found->second.failures;
}

std::optional<base::Millis> RouteQueue::due(RouteKey key) const {
  const auto found = states_.find(key);
  return found == states_.end() ? std::nullopt : std::optional(found->second.due);
}

bool RouteQueue::warning_due(RouteKey key, base::Millis now) {
  const auto found = states_.find(key);
  if (found == states_.end() || found->second.failures == 0) return false;
  State& state = found->second;
  if (now - state.failing_since < kWarnAfter) return false;
  if (state.warned && now - *state.warned < kWarnEvery) return false;
  state.warned = now;
  return true;
}

std::optional<base::Millis> RouteQueue::next_due() const {
  if (under_way_ >= kMostUnderWay) return std::nullopt;  // finished() comes first
  std::optional<base::Millis> due;
  if (!fine_.empty()) due = fine_.begin()->first;
  if (!failing_.empty() && failing_under_way_ < kMostUnderWay / 2) {
    due = std::min(due.value_or(failing_.begin()->first), failing_.begin()->first);
  }
  return due;
}

RouteQueue::Level RouteQueue::level(base::AccountId account) const {
  const auto found = counts_.find(account);
  if (found == counts_.end()) return Level::idle;
  return found->second.failing > 0 ? Level::failing : Level::sending;
}

// Doubles from a quarter of a second, with up to half of it as jitter.
base::Millis RouteQueue::pause_after(const State& state, base::Millis now) {
  const base::Millis longest =
      now - state.failing_since < kEarly ? kLongestPauseEarly : kLongestPauseLate;
  const base::Millis pause =
      std::min(kFirstPause << std::min(state.failures - 1, kMostDoublings), longest);
  return pause / 2 + static_cast<base::Millis>(crypto::random_u64() %
                                               static_cast<std::uint64_t>(pause / 2 + 1));
}

}  // namespace messaging
