// Landlock: puts files and folders out of reach of this process and all it starts, for good, where
// the kernel offers it (Linux 5.13 with Landlock among its security modules; landlock(7)).
//
// The kernel knows only what is allowed, below which folder. So everything is allowed but, on the
// way from `/` to a hidden path, each folder's other entries in the place of the folder itself: the
// folders on the way cannot be listed, and entries that come into them later are out of reach too.
// From Linux 6.12 on the process can also send no signals to processes that it has not started.
#pragma once

#include <span>
#include <string>

namespace gateway::commands {

enum class Landlocked { yes, not_offered, failed };  // failed: errno says why

// 0 where the kernel offers none.
int landlock_version();

// This process must have no_new_privs or be root's. Paths are absolute; those that are absent are
// skipped. `failed` leaves the process as it was.
Landlocked landlock_hide(std::span<const std::string> paths);

}  // namespace gateway::commands
