// RouteQueue: which routes have something to send, and when it is their turn. One deposit of a
// route is under way at a time. After a failure a route pauses with jitter: the first retry comes
// within a second, pauses stay under 10 s during the first ten minutes and under 2 min after that;
// heard() ends the pause. Routes that fail may hold half of the deposits under way, so that peers
// who do not answer never keep the others waiting.
//
// Routes whose URLs were never reached are strangers' choice, and have a few places of their own:
// however many there are, and however long their connections hang, none of the other places is
// taken. Strangers take turns by the party that caused their routes (an invite, a group); one party
// holds half of their places at most, and of its routes the newest that was not tried yet comes
// first. To a route that nobody proved to be at, tries are minutes
// apart.
//
// Every call costs the logarithm of the number of routes, and of parties.
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
  static constexpr std::size_t kMostUnderWay = 64;  // deposits, over all routes but strangers'
  static constexpr std::size_t kMostStrangers = 16;
  static constexpr std::size_t kMostOfParty = kMostStrangers / 2;

  // There may be something to send.
  void ready(RouteKey key);
  // Those whose turn it is; each is under way until finished().
  std::vector<RouteKey> take(base::Millis now);
  // A route under way was never reached. True: it goes on, in a place of the strangers'; false: it
  // waits for one and is taken again. `few_tries`: nobody proved to be there.
  bool never_reached(RouteKey key, std::int64_t party, bool few_tries);
  // A route under way was reached before.
  void reached_before(RouteKey key);
  // A route under way is not sent on before `due`; that is no failure.
  void postpone(RouteKey key, base::Millis due);
  // `again`: there may be more. `pause`: what the other side asked for after a failure.
  void finished(RouteKey key, bool reached, bool again, base::Millis now, base::Millis pause);
  // Something came from there: what waits is sent at once.
  void heard(RouteKey key);
  void end_pauses();
  void forget(base::AccountId account);

  int failures(RouteKey key) const;                     // in a row
  std::optional<base::Millis> due(RouteKey key) const;  // nothing: it has nothing to send
  // Whether people should be told now that a route fails: after ten seconds of it, then hourly.
  bool warning_due(RouteKey key, base::Millis now);
  // When take() has something next; nothing: not before somebody calls.
  std::optional<base::Millis> next_due() const;

  // Strangers who do not answer are no failure of the account's.
  enum class Level { idle, sending, failing };
  Level level(base::AccountId account) const;

 private:
  struct State {
    bool ready = false;
    bool under_way = false;
    int failures = 0;
    base::Millis due = 0;
    base::Millis failing_since = 0;
    std::optional<base::Millis> warned = {};  // when people were told last
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
  // Around every change of a state, so that queues and counts agree with it.
  void leave(RouteKey key, const State& state);
  void enter(RouteKey key, const State& state);
  void take_from(Queue& queue, base::Millis now, std::size_t most, std::vector<RouteKey>& taken);
  void take_strangers(base::Millis now, std::vector<RouteKey>& taken);
  void take_one(RouteKey key, std::vector<RouteKey>& taken);
  static base::Millis pause_after(const State& state, base::Millis now);

  States states_;
  Queue fine_, failing_;               // ready and not under way, by due time
  std::map<PartyKey, Party> parties_;  // of strangers
  PartyKey last_party_{};              // whose turn it was
  std::map<base::AccountId, Count> counts_;
  std::size_t under_way_ = 0;
  std::size_t failing_under_way_ = 0;
  std::size_t strangers_under_way_ = 0;
};

}  // namespace messaging::delivery
