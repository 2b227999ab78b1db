// privitty-edge run: starts a device command, prints its output as it comes and ends with its exit
// code. Interrupted, it cancels the command and prints what that still writes; interrupted again,
// it leaves.
#pragma once

#include <string>
#include <vector>

#include "gateway/cli/commands.h"

namespace gateway::cli {

// The exit code when the command was not run, or its end is not known.
inline constexpr int kExitNotRun = 125;

struct RunRequest {
  std::string project;
  std::vector<std::string> words;  // one alone is a command line; several are its words
  bool input = false;              // send standard input to it first
};

// The text that the daemon matches to its list.
std::string command_line(const std::vector<std::string>& words);

// The command's own exit code; 128 and the signal where one ended it.
base::Result<int> run_command(const Context& context, const RunRequest& request);

}  // namespace gateway::cli
