#include "base/disk_error.h"

#include <cerrno>
#include <string>

namespace base {

Error fail_write(std::string_view what, int error_number) {
  const std::string tried = "cannot " + std::string(what);
  if (error_number == ENOSPC || error_number == EDQUOT) {
    return fail(Errc::exhausted, "the disk is full: " + tried);
  }
  if (error_number == EFBIG) {
    return fail(Errc::exhausted,
                "a file may not grow further: " + tried + "; " + std::string(kFileLimitAdvice));
  }
  return fail_errno(Errc::io, tried, error_number);
}

}  // namespace base
