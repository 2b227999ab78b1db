#include "gateway/cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace gateway::cli {

base::Result<> finish_output() {
  constexpr const char* kWhat = "standard output cannot be written";
  errno = 0;
  if (std::fflush(stdout) != 0 && errno != 0) {
    return base::fail_errno(base::Errc::io, kWhat, errno);
  }
  if (std::ferror(stdout) != 0) return base::fail(base::Errc::io, kWhat);
  return {};
}

bool output_has_no_reader() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace gateway::cli
