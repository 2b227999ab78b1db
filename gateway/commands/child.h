// What happens in the new process of a run between fork and exec: a session of its own, limits, a
// clean environment, and no way to new privileges or the daemon's files.
#pragma once

#include "gateway/commands/cgroup.h"
#include "gateway/commands/run_spec.h"
#include "gateway/loop/fd.h"

namespace gateway::commands {

struct ChildStreams {
  int input = -1;  // -1: /dev/null
  int output = -1;
  int errors = -1;
};

// What a child that could not become the program writes to `failure`.
struct ChildFailure {
  Report::Step step = Report::Step::none;
  std::int32_t number = 0;  // errno
};

// In the child of a process with one thread. Does not return; `failure` is closed by success.
[[noreturn]] void become(const RunSpec& spec, const ChildStreams& streams, const Cgroup* cgroup,
                         int failure, pid_t supervisor);

}  // namespace gateway::commands
