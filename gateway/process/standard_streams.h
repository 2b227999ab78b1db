// The descriptors 0 to 2 of a process that was started without some of them.
#pragma once

namespace gateway {

// For a main(), before anything is opened: takes those of the descriptors 0 to 2 that are closed,
// so that no file, database or socket gets such a number and is then written to as if it were the
// terminal. Writing to such a standard output fails; what is said to stderr is dropped.
void hold_standard_streams();

}  // namespace gateway
