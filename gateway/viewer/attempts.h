// Attempts: how often a client may try to open a viewer's session: five times a minute each, and
// all together so seldom that many addresses cannot guess either. Not safe for several threads.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace gateway {

class Attempts {
 public:
  static constexpr std::size_t kEach = 5;  // within a minute
  static constexpr std::size_t kAll = 60;

  // Counts one attempt of `who` unless that would be too many: those do not count.
  bool take(std::string_view who, base::Millis now);

 private:
  std::deque<std::pair<base::Millis, std::string>> last_;  // of the last minute: at most kAll
};

}  // namespace gateway
