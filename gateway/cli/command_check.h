// privitty-edge commands check: reads a list of device commands as the daemon would.
#pragma once

#include <string>

#include "base/result.h"

namespace gateway::cli {

struct CommandCheck {
  std::string file;
  bool json = false;
};

// Prints what the list holds, and warnings to standard error. The first mistake is the error.
base::Result<> check_commands(const CommandCheck& request);

}  // namespace gateway::cli
