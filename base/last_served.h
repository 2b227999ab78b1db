// LastServed: which party was served last, and which other one before it: whether a party that
// takes much has anybody beside it who would wait for it. Remembers two parties, however many there
// are. Threads: none of its own and no lock.
#pragma once

#include <chrono>
#include <string>
#include <utility>

namespace base {

class LastServed {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // The daemon's own work has the party "" and counts for nobody.
  void note(const std::string& party, TimePoint at) {
    if (party.empty()) return;
    if (party != last_.party) before_ = std::exchange(last_, {.party = party});
    last_.at = at;
  }
  // Whether a party other than this one was served since then.
  bool others_since(const std::string& party, TimePoint since) const {
    return (last_.party == party ? before_ : last_).at >= since;
  }

 private:
  struct Served {
    std::string party = {};
    TimePoint at = {};
  };
  Served last_;
  Served before_;  // of another party
};

}  // namespace base
