// RouteQueue: which routes have rows to send, and when each gets its turn. One deposit per route is
// under way at a time. After a failure a route backs off with jitter: the first retry comes within
// a second, pauses stay under 10 s during the first ten minutes and under 2 min after that;
// end_pause() ends the pause. Failing routes may use half of the deposits under way, so that
// unresponsive peers never block the others.
//
// Routes whose URLs were never reached were chosen by strangers and have a few slots of their own:
// however many there are, and however long their connections hang, they use none of the other
// slots. Strangers take turns by the party that caused their routes (an invite, a group); one party
// uses at most half of their slots, and its newest untried route comes first. Tries of a route
// where no peer has proved to be are minutes apart.
//
// Every call takes time logarithmic in the number of routes and parties.
//
// One thread at a time; times are on the boot clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "messaging/model/route_key.h"

namespace messaging::delivery {

class RouteQueue {
 public:
  static constexpr std::size_t kMostUnderWay = 64;  // deposits of all routes but strangers'
  static constexpr std::size_t kMostStrangers = 16;
  static constexpr std::size_t kMostOfParty = kMostStrangers / 2;

  // The route may have rows to send.
  void ready(RouteKey key);
  // The routes whose turn it is; each is under way until finished().
  std::vector<RouteKey> take(base::Millis now);
  // A route under way was never reached. True: it continues in one of the strangers' slots; false:
  // it waits for a slot and is returned by take() again. `few_tries`: no peer proved to be there.
  bool never_reached(RouteKey key, std::int64_t party, bool few_tries);
  // A route under way was reached before.
  void reached_before(RouteKey key);
  // Sends nothing on a route under way before `due`; not a failure.
  void postpone(RouteKey key, base::Millis due);
  // `again`: there may be more rows. `pause`: requested by the other side after a failure.
  void finished(RouteKey key, bool reached, bool again, base::Millis now, base::Millis pause);
  // An envelope arrived from this peer: its waiting rows are sent at once.
  void end_pause(RouteKey key);
  void end_pauses();
  void forget(base::AccountId account);

  int failures(RouteKey key) const;                     // consecutive
  std::optional<base::Millis> due(RouteKey key) const;  // nullopt: it has nothing to send
  // Whether a Warning about the failing route is due: after ten seconds of failure, then hourly.
  bool warning_due(RouteKey key, base::Millis now);
  // When take() returns a route next; nullopt: only after another call.
  std::optional<base::Millis> next_due() const;

  // Unreached strangers do not count as failures of the account.
  enum class Level { idle, sending, failing };
  Level level(base::AccountId account) const;

 private:
  struct State {
    bool ready = false;
    bool under_way = false;
    int failures = 0;
    base::Millis due = 0;
    base::Millis failing_since = 0;
    std::optional<base::Millis> warned = {};  // of the last Warning
    bool stranger = false;
    bool few_tries = false;
    std::int64_t party = 0;
  };
  struct Count {
    std::size_t busy = 0;  // ready or under way
    std::size_t failing = 0;
  };
  using States = std::map<RouteKey, State>;
  using Queue = std::set<std::pair<base::Millis, RouteKey>>;
  using PartyKey = std::pair<base::AccountId, std::int64_t>;
  struct Party {
    Queue queue;
    std::size_t under_way = 0;
  };

  Queue& queue_of(RouteKey key, const State& state) {
    if (state.stranger) return parties_[{key.first, state.party}].queue;
    return state.failures > 0 ? failing_ : fine_;
  }
  // Called around every change of a state, so that queues and counts agree with it.
  void leave(RouteKey key, const State& state);
  void enter(RouteKey key, const State& state);
  void take_from(Queue& queue, base::Millis now, std::size_t most, std::vector<RouteKey>& taken);
  void take_strangers(base::Millis now, std::vector<RouteKey>& taken);
  void take_one(RouteKey key, std::vector<RouteKey>& taken);
  static base::Millis pause_after(const State& state, base::Millis now);

  States states_;
  Queue fine_, failing_;               // ready and not under way, ordered by due time
  std::map<PartyKey, Party> parties_;  // of strangers
  PartyKey last_party_{};              // of the last turn
  std::map<base::AccountId, Count> counts_;
  std::size_t under_way_ = 0;
  std::size_t failing_under_way_ = 0;
  std::size_t strangers_under_way_ = 0;
};

}  // namespace messaging::delivery
