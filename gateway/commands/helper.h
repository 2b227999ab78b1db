// The helper process of a Launcher (launcher.h): waits for runs to start and forks a supervisor for
// each. It inherits whatever a command leaves when its supervisor was killed, and ends it.
#pragma once

#include <sys/types.h>

#include "gateway/loop/fd.h"

namespace gateway::commands {

// In the forked process: closes everything but the socket, and ends when the socket does, with all
// that was started.
[[noreturn]] void run_helper(Fd socket, pid_t daemon, bool cgroups);

}  // namespace gateway::commands
