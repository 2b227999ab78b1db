// The processes below this one, whatever sessions and groups they made for themselves: a process
// that is a child subreaper (PR_SET_CHILD_SUBREAPER) inherits the orphans among them and stays
// above all of them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace gateway::commands {

struct ProcessFacts {
  pid_t pid = 0;
  pid_t parent = 0;
  // In ticks since boot: distinguishes the process from a later one of this number.
  std::uint64_t started = 0;
};

// All processes that /proc shows.
std::vector<ProcessFacts> all_processes();

// The descendants of `ancestor` among them.
std::vector<ProcessFacts> descendants_of(pid_t ancestor, const std::vector<ProcessFacts>& all);

// Sends the signal unless the number belongs to another process by now.
void signal_process(const ProcessFacts& process, int signal);

// How many processes and threads this user has, as the limit RLIMIT_NPROC counts them.
std::uint64_t tasks_of_this_user();

}  // namespace gateway::commands
