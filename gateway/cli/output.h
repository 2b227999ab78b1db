// Output: whether all text for standard output was written. A program whose output went to a full
// disk or a closed pipe did not do its work, and reports that by its exit code.
#pragma once

#include "base/result.h"

namespace gateway::cli {

// Writes out what is still buffered. Errc::io when any of what was printed could not be written.
base::Result<> finish_output();

// True when standard output is a pipe or socket whose reader has closed it, before anything is
// written. Does not wait.
bool output_has_no_reader();

}  // namespace gateway::cli
