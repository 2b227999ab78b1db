// RunEnd: how a run ended, and the streams that it wrote to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gateway::commands {

enum class OutputStream : std::uint8_t { output, errors };

// "stdout", "stderr"
std::string_view name_of(OutputStream stream);

struct RunEnd {
  enum class Why : std::uint8_t {
    exited,        // by itself, with an exit code or by a signal
    time_limit,    // it was ended at its time limit
    output_limit,  // it was ended because it wrote more than its output limit
    cancelled,     // somebody asked for its end
    not_started,   // the program could not be run
    lost,          // its supervisor was killed
  };
  Why why = Why::exited;
  std::optional<int> exit_code;  // of a program that ended by itself or on SIGTERM
  std::optional<int> signal;     // that ended it
  std::string message;           // for people; "" when it exited by itself
  base::Millis duration = 0;
  std::uint64_t output_bytes = 0;  // passed on, of both streams
};

std::string_view name_of(RunEnd::Why why);

}  // namespace gateway::commands
