// The Error of a write that the file system refused, and what to do about it.
#pragma once

#include <string_view>

#include "base/result.h"

namespace base {

// Advice for when this process may not write larger files (EFBIG): a limit set from outside.
inline constexpr std::string_view kFileLimitAdvice =
    "raise the limit on the size of files (ulimit -f, LimitFSIZE= of a systemd unit)";

// "the disk is full: cannot write /x" (ENOSPC, EDQUOT) and "a file may not grow further: cannot
// write /x; raise the limit …" (EFBIG), both Errc::exhausted; Errc::io with the system's words
// otherwise. `what` is what was tried: "write /x".
Error fail_write(std::string_view what, int error_number);

}  // namespace base
