// What this process holds in memory stays in it: keys, and texts while they are handled.
#pragma once

namespace gateway {

// No core dump is written, and no other process of this user may attach or read the memory
// (PR_SET_DUMPABLE off, which makes most of /proc/PID root's). Call it first in main(); exec of
// another program undoes it. Nothing in sanitizer builds, whose leak checker attaches to itself.
void keep_memory_private();

}  // namespace gateway
