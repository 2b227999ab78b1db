// start_thread: begins a thread where the machine gives one. It gives none at a limit of processes
// and threads (ulimit -u, TasksMax=, a container's pids), which other programs of the same user or
// container may have used up. std::thread says so by an exception, and nobody up to main() would
// have a word for the caller who has to know.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/result.h"

namespace base {

inline constexpr std::string_view kNoThread =
    "the machine gives no further thread: raise the limit of processes and threads (ulimit -u, "
    "TasksMax=, a container's pids limit)";

// False, with a line in the log, when there is none; `thread` is then as it was. T is std::thread
// or std::jthread and not joinable.
template <class T, class F>
bool start_thread(T& thread, F&& run) {
  try {
    thread = T(std::forward<F>(run));
    return true;
  } catch (const std::system_error&) {
    log::error("{}", kNoThread);
    return false;
  }
}

inline Error no_thread() { return fail(Errc::unavailable, std::string(kNoThread)); }

}  // namespace base
