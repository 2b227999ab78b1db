// Cgroup: a control group (version 2) for one run, where the daemon's own group is delegated to it:
// then no process of the run can leave it, and all are ended at once. Where controllers of
// processes and memory are delegated too, the run as a whole is limited.
//
// Belongs to the process that made it. Without a delegation there is none, which is no error.
#pragma once

#include <optional>
#include <string>

#include "gateway/commands/command.h"

namespace gateway::commands {

class Cgroup {
 public:
  // `name` is unique on the machine.
  static std::optional<Cgroup> make(const std::string& name, const RunLimits& limits);

  bool enter() const;   // this process, before it becomes the command
  void kill() const;    // SIGKILL to every process in it (Linux 5.14)
  void remove() const;  // once it is empty

  // Ends what processes of earlier helpers left: groups whose helper is gone.
  static void clean_up();
  static std::string name_for(int helper, std::uint64_t number);

 private:
  explicit Cgroup(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace gateway::commands
