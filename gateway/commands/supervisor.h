// The supervisor of one run: a process between the helper and the command. It starts the command,
// ends it at its time limit, on an order of the daemon or when the daemon is gone, and leaves only
// when nothing that the command started is left: as the subreaper of all of it, it finds processes
// that made sessions of their own or lost their parents.
//
// It has one thread and none of the daemon's secrets: the helper was forked before there were any.
#pragma once

#include <string>

#include "gateway/commands/run_spec.h"
#include "gateway/loop/fd.h"

namespace gateway::commands {

struct SupervisorStreams {
  Fd control;  // to the daemon: orders come, reports go
  Fd output;   // the ends that the command writes to
  Fd errors;
  Fd input;  // the end that it reads from; none: /dev/null
};

// In a process that `helper` forked. Returns when the run is over and reported. `cgroup_name` "":
// without a control group.
void supervise(const RunSpec& spec, SupervisorStreams streams, const std::string& cgroup_name,
               pid_t helper);

}  // namespace gateway::commands
