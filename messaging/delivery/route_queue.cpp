#include "messaging/delivery/route_queue.h"

#include <algorithm>
#include <array>

#include "crypto/random.h"

namespace messaging::delivery {
namespace {

constexpr base::Millis kFirstPause = 250;
constexpr base::Millis kLongestPauseEarly = 9'000;  // in the first ten minutes
constexpr base::Millis kLongestPauseLate = 120'000;
constexpr base::Millis kEarly = 10 * 60'000;
constexpr int kMostDoublings = 16;
constexpr base::Millis kWarnAfter = 10'000;
// Between the few tries; the last pause repeats.
constexpr std::array<base::Millis, 6> kStrangerPauses = {1'000,       15'000,      2 * 60'000,
                                                         10 * 60'000, 30 * 60'000, 60 * 60'000};
constexpr base::Millis kWarnEvery = 3'600'000;

base::Millis jittered(base::Millis pause) {
  return pause / 2 + static_cast<base::Millis>(crypto::random_u64() %
                                               static_cast<std::uint64_t>(pause / 2 + 1));
}

}  // namespace

void RouteQueue::leave(RouteKey key, const State& state) {
  if (!state.ready && !state.under_way) return;
  Count& count = counts_[key.first];
  --count.busy;
  const bool failing = state.failures > 0 && !state.stranger;
  if (failing) --count.failing;
  if (!state.under_way) {
    queue_of(key, state).erase({state.due, key});
  } else if (state.stranger) {
    --strangers_under_way_;
    --parties_[{key.first, state.party}].under_way;
  } else {
    --under_way_;
    if (failing) --failing_under_way_;
  }
  if (state.stranger) {
    const auto party = parties_.find({key.first, state.party});
    if (party->second.queue.empty() && party->second.under_way == 0) parties_.erase(party);
  }
  if (count.busy == 0) counts_.erase(key.first);
}

void RouteQueue::enter(RouteKey key, const State& state) {
  if (!state.ready && !state.under_way) return;
  Count& count = counts_[key.first];
  ++count.busy;
  const bool failing = state.failures > 0 && !state.stranger;
  if (failing) ++count.failing;
  if (!state.under_way) {
    queue_of(key, state).insert({state.due, key});
  } else if (state.stranger) {
    ++strangers_under_way_;
    ++parties_[{key.first, state.party}].under_way;
  } else {
    ++under_way_;
    if (failing) ++failing_under_way_;
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
  take_strangers(now, taken);
  return taken;
}

void RouteQueue::take_from(Queue& queue, base::Millis now, std::size_t most,
                           std::vector<RouteKey>& taken) {
  for (; most > 0 && !queue.empty() && queue.begin()->first <= now; --most) {
    take_one(queue.begin()->second, taken);
  }
}

void RouteQueue::take_one(RouteKey key, std::vector<RouteKey>& taken) {
  State& state = states_[key];
  leave(key, state);
  state.ready = false;
  state.under_way = true;
  enter(key, state);
  taken.push_back(key);
}

// Takes one route of each party per round.
void RouteQueue::take_strangers(base::Millis now, std::vector<RouteKey>& taken) {
  const auto may_go = [&](const Party& party) {
    return party.under_way < kMostOfParty && !party.queue.empty() &&
           party.queue.begin()->first <= now;
  };
  while (strangers_under_way_ < kMostStrangers) {
    auto at = parties_.upper_bound(last_party_);
    std::size_t looked = 0;
    for (; looked < parties_.size(); ++looked, ++at) {
      if (at == parties_.end()) at = parties_.begin();
      if (may_go(at->second)) break;
    }
    if (looked == parties_.size()) return;
    last_party_ = at->first;
    take_one(at->second.queue.begin()->second, taken);
  }
}

bool RouteQueue::never_reached(RouteKey key, std::int64_t party, bool few_tries) {
  const auto found = states_.find(key);
  if (found == states_.end()) return false;  // forgotten meanwhile
  State& state = found->second;
  if (state.stranger && state.party == party) {
    state.few_tries = few_tries;
    return true;
  }
  leave(key, state);
  // First tries come before all others, the newest first: so a single requester is served although
  // a crowd asked before.
  if (state.failures == 0 && state.due == 0) state.due = -key.second;
  state.stranger = true;
  state.party = party;
  state.few_tries = few_tries;
  const auto of_party = parties_.find({key.first, party});
  const bool place = strangers_under_way_ < kMostStrangers &&
                     (of_party == parties_.end() || of_party->second.under_way < kMostOfParty);
  if (!place) {
    state.under_way = false;
    state.ready = true;
  }
  enter(key, state);
  return place;
}

void RouteQueue::reached_before(RouteKey key) {
  const auto found = states_.find(key);
  if (found == states_.end() || !found->second.stranger) return;
  leave(key, found->second);
  found->second.stranger = false;
  found->second.few_tries = false;
  enter(key, found->second);
}

void RouteQueue::postpone(RouteKey key, base::Millis due) {
  const auto found = states_.find(key);
  if (found == states_.end()) return;
  State& state = found->second;
  leave(key, state);
  state.under_way = false;
  state.ready = true;
  state.due = due;
  enter(key, state);
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
    state.stranger = state.few_tries = false;
  } else {
    if (state.failures++ == 0) state.failing_since = now;
    const base::Millis asked =
        std::min(pause, state.few_tries ? kStrangerPauses.back() : kLongestPauseLate);
    state.due = now + std::max(pause_after(state, now), asked);
  }
  enter(key, state);
  if (!state.ready) states_.erase(found);
}

void RouteQueue::end_pause(RouteKey key) {
  const auto found = states_.find(key);
  if (found == states_.end() || found->second.failures == 0) return;
  leave(key, found->second);
  found->second.due = 0;
  enter(key, found->second);
}

void RouteQueue::end_pauses() {
  for (auto& [key, state] : states_) {
    if (state.few_tries) continue;  // such a route keeps its fixed pauses
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

// When all slots are in use, only finished() makes another route due.
std::optional<base::Millis> RouteQueue::next_due() const {
  std::optional<base::Millis> due;
  const auto look = [&](const Queue& queue) {
    if (!queue.empty()) due = std::min(due.value_or(INT64_MAX), queue.begin()->first);
  };
  if (under_way_ < kMostUnderWay) {
    look(fine_);
    if (failing_under_way_ < kMostUnderWay / 2) look(failing_);
  }
  if (strangers_under_way_ < kMostStrangers) {
    for (const auto& [key, party] : parties_) {
      if (party.under_way < kMostOfParty) look(party.queue);
    }
  }
  return due;
}

RouteQueue::Level RouteQueue::level(base::AccountId account) const {
  const auto found = counts_.find(account);
  if (found == counts_.end()) return Level::idle;
  return found->second.failing > 0 ? Level::failing : Level::sending;
}

// Doubles from a quarter of a second, with jitter of up to half.
base::Millis RouteQueue::pause_after(const State& state, base::Millis now) {
  if (state.few_tries) {
    const auto at = std::min<std::size_t>(static_cast<std::size_t>(state.failures) - 1,
                                          kStrangerPauses.size() - 1);
    return jittered(kStrangerPauses[at]);
  }
  const base::Millis longest =
      now - state.failing_since < kEarly ? kLongestPauseEarly : kLongestPauseLate;
  const base::Millis pause =
      std::min(kFirstPause << std::min(state.failures - 1, kMostDoublings), longest);
  return jittered(pause);
}

}  // namespace messaging::delivery
