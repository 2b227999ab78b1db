// Output: whether what privitty-edge printed to standard output got there. A program that wrote to
// a full disk or to a reader that has gone did not do what it was asked to, and says so with its
// exit code.
#pragma once

#include "base/result.h"

namespace gateway::cli {

// Writes out what is still buffered. Errc::io when any of what was printed could not be written.
base::Result<> finish_output();

// True when standard output is a pipe or socket whose reader has gone: known before anything is
// written. Does not wait.
bool output_has_no_reader();

}  // namespace gateway::cli
