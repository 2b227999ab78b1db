// Refusals: attempts to run what is not allowed, counted, and reported to the people who operate
// the device as warnings: five at once of a caller, then one in ten seconds, which says how many
// there were besides.
//
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/mutex.h"

namespace gateway::commands {

// Why a run was refused, for the metrics.
enum class Refusal : std::uint8_t { unknown_project, not_allowed, wrong, busy, failed };
inline constexpr std::size_t kRefusals = 5;
std::string_view name_of(Refusal refusal);

// What a caller wrote, cut and cleaned for people.
std::string shown_text(std::string_view text);
// As the log may name a caller: a contact's fingerprint is not for it.
std::string_view logged_caller(std::string_view caller);

class Refusals {
 public:
  using Warn = std::function<void(std::string)>;
  // The clock outlives this.
  Refusals(const base::Clock& clock, Warn warn) : clock_(clock), warn_(std::move(warn)) {}

  struct Refused {
    std::string caller;  // whose budget of warnings it takes
    std::string whom;    // for people
    std::string what;    // "'ls' in the project 'plant'"
  };
  // A busy or failed run is counted, and no attempt to warn of.
  void note(const Refused& refused, Refusal refusal, const std::string& why);
  std::uint64_t count(Refusal refusal) const {
    return counts_[static_cast<std::size_t>(refusal)].value();
  }

 private:
  const base::Clock& clock_;
  const Warn warn_;
  std::array<base::Counter, kRefusals> counts_;
  base::Mutex mutex_;
  base::Budget<std::string> warnings_ GUARDED_BY(mutex_){{.per_second = 0.1, .burst = 5}};
  std::uint64_t unsaid_ GUARDED_BY(mutex_) = 0;  // refusals without a warning since the last one
};

}  // namespace gateway::commands
