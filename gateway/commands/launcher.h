// Launcher: the daemon's end of the helper process that starts commands.
//
// The helper is forked while the daemon has one thread and has read no secret, because a process
// with many threads cannot safely run code between fork and exec, and a copy of its memory is no
// place for commands to come from. The helper forks a supervisor for each run (supervisor.h), and
// both end when the daemon does, however it ends, with everything that they started.
#pragma once

#include <sys/types.h>

#include <memory>

#include "base/mutex.h"
#include "base/result.h"
#include "gateway/commands/run_spec.h"
#include "gateway/loop/fd.h"

namespace gateway::commands {

// The daemon's ends of a run; none of them blocks.
struct LaunchedRun {
  Fd control;  // a message per Report; ends when the supervisor is gone
  Fd output;
  Fd errors;
  Fd input;  // none unless the spec has input
};

class Launcher {
 public:
  // Call while this process has one thread. `cgroups`: runs get control groups where they can.
  static base::Result<std::unique_ptr<Launcher>> fork(bool cgroups = true);
  // Ends the helper and every run, and waits for the helper.
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // Any thread; does not wait for the command to start. Errc::too_large: the arguments are more
  // than a message holds; Errc::unavailable: the helper has ended; Errc::io: no descriptors left.
  base::Result<LaunchedRun> launch(const RunSpec& spec);
  pid_t helper() const { return helper_; }

 private:
  Launcher(Fd socket, pid_t helper) : socket_(std::move(socket)), helper_(helper) {}

  base::Mutex mutex_;
  Fd socket_ GUARDED_BY(mutex_);
  const pid_t helper_;
};

}  // namespace gateway::commands
