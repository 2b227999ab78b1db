#include "gateway/commands/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "gateway/commands/helper.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::Result;

struct Pipe {
  Fd reads;
  Fd writes;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno(Errc::io, "a pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

bool stop_blocking(const Fd& fd) {
  return ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK) == 0;
}

// One message with descriptors; false with errno.
bool send_with(int socket, std::string_view bytes, std::span<const int> descriptors) {
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) char space[CMSG_SPACE(4 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::fork(bool cgroups) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return base::fail_errno(Errc::io, "the socket of the process that starts commands", errno);
  }
  Fd ours(ends[0]), theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t helper = ::fork();
  if (helper < 0) return base::fail_errno(Errc::io, "the process that starts commands", errno);
  if (helper == 0) {
    ours.reset();
    run_helper(std::move(theirs), parent, cgroups);
  }
  return std::unique_ptr<Launcher>(new Launcher(std::move(ours), helper));
}

Launcher::~Launcher() {
  {
    base::Lock lock(mutex_);
    socket_.reset();
  }
  while (::waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<LaunchedRun> Launcher::launch(const RunSpec& spec) {
  const std::string bytes = encode_spec(spec);
  if (bytes.size() > kMaxSpecBytes) {
    return base::fail(Errc::too_large, "the command's arguments are longer than 150 KiB");
  }
  EDGE_TRY(Pipe output, make_pipe());
  EDGE_TRY(Pipe errors, make_pipe());
  Pipe input;
  if (spec.input) {
    EDGE_TRY(input, make_pipe());
  }
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return base::fail_errno(Errc::io, "a socket", errno);
  }
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  std::array<int, 4> descriptors{theirs.get(), output.writes.get(), errors.writes.get(),
                                 input.reads.get()};
  const std::span<const int> sent(descriptors.data(), spec.input ? 4U : 3U);
  if (!stop_blocking(ours) || !stop_blocking(output.reads) || !stop_blocking(errors.reads) ||
      (spec.input && !stop_blocking(input.writes))) {
    return base::fail_errno(Errc::io, "a pipe", errno);
  }
  base::Lock lock(mutex_);
  if (!send_with(socket_.get(), bytes, sent)) {
    if (errno != EPIPE && errno != ECONNRESET) {
      return base::fail_errno(Errc::io, "start a command", errno);
    }
    return base::fail(Errc::unavailable,
                      "the process that starts commands has ended; restart the daemon");
  }
  return LaunchedRun{.control = std::move(ours),
                     .output = std::move(output.reads),
                     .errors = std::move(errors.reads),
                     .input = std::move(input.writes)};
}

}  // namespace gateway::commands
