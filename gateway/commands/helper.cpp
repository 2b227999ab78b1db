#include "gateway/commands/helper.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/commands/cgroup.h"
#include "gateway/commands/process_tree.h"
#include "gateway/commands/supervisor.h"

namespace gateway::commands {
namespace {

constexpr std::size_t kMaxDescriptors = 4;

struct Message {
  std::string bytes;
  std::vector<Fd> descriptors;
};

// Nothing when the daemon is gone.
std::optional<Message> receive(int socket, std::vector<char>& space) {
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))] = {};
  iovec part{.iov_base = space.data(), .iov_len = space.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return std::nullopt;
  Message out;
  out.bytes.assign(space.data(), static_cast<std::size_t>(size));
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
      out.descriptors.emplace_back(fd);
    }
  }
  return out;
}

// The standard streams become /dev/null; everything else but `kept` is closed.
void close_all_but(int kept) {
  const Fd null(::open("/dev/null", O_RDWR));
  for (int fd = 0; fd < 3; ++fd) ::dup2(null.get(), fd);
  const auto from = static_cast<unsigned>(kept);
  if (from > 3) ::syscall(SYS_close_range, 3U, from - 1, 0U);
  if (::syscall(SYS_close_range, from + 1, ~0U, 0U) == 0) return;
  for (int fd = 3; fd < 65'536; ++fd) {  // before Linux 5.9
    if (fd != kept) ::close(fd);
  }
}

class Helper {
 public:
  Helper(Fd socket, bool cgroups)
      : socket_(std::move(socket)), space_(kMaxSpecBytes), cgroups_(cgroups) {}

  void run() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    signals_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    for (;;) {
      pollfd ready[2] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                         {.fd = signals_.get(), .events = POLLIN, .revents = 0}};
      if (::poll(ready, 2, orphans_ ? 10 : -1) < 0 && errno != EINTR) return;
      signalfd_siginfo info{};
      while (::read(signals_.get(), &info, sizeof info) > 0) {
      }
      reap();
      if (ready[0].revents == 0) continue;
      auto message = receive(socket_.get(), space_);
      if (!message) return;
      start(std::move(*message));
    }
  }

  // All supervisors end what they run and exit; the rest is ended here.
  void end() {
    for (const pid_t pid : supervisors_) ::kill(pid, SIGTERM);
    for (int round = 0; round < 200 && !supervisors_.empty(); ++round) {
      ::usleep(10'000);
      reap();
    }
    for (int round = 0; round < 200; ++round) {
      for (const ProcessFacts& each : descendants_of(::getpid(), all_processes())) {
        signal_process(each, SIGKILL);
      }
      reap();
      if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return;
      ::usleep(5'000);
    }
  }

 private:
  void start(Message message) {
    const auto spec = decode_spec(message.bytes);
    const std::size_t wanted = spec && spec->input ? 4 : 3;
    if (!spec || message.descriptors.size() != wanted) return;  // the closed socket says it
    const std::string cgroup = cgroups_ ? Cgroup::name_for(::getpid(), ++runs_) : "";
    const pid_t helper = ::getpid();
    const pid_t pid = ::fork();
    if (pid > 0) supervisors_.insert(pid);
    if (pid < 0) {
      const Report report{
          .kind = Report::Kind::failed, .step = Report::Step::process, .number = errno};
      (void)::send(message.descriptors[0].get(), &report, sizeof report, MSG_NOSIGNAL);
    }
    if (pid != 0) return;
    ::prctl(PR_SET_NAME, "command-run", 0, 0, 0);
    socket_.reset();
    signals_.reset();
    SupervisorStreams streams{.control = std::move(message.descriptors[0]),
                              .output = std::move(message.descriptors[1]),
                              .errors = std::move(message.descriptors[2]),
                              .input = {}};
    if (spec->input) streams.input = std::move(message.descriptors[3]);
    supervise(*spec, std::move(streams), cgroup, helper);
    ::_exit(0);
  }

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto supervisor = supervisors_.find(pid);
      if (supervisor == supervisors_.end()) continue;
      // Killed, by a command that could: what it ran is ours now.
      if (WIFSIGNALED(status)) orphans_ = true;
      supervisors_.erase(supervisor);
    }
    if (orphans_) end_orphans();
  }

  void end_orphans() {
    bool any = false;
    const auto all = all_processes();
    for (const ProcessFacts& child : all) {
      if (child.parent != ::getpid() || supervisors_.contains(child.pid)) continue;
      any = true;
      for (const ProcessFacts& each : descendants_of(child.pid, all)) signal_process(each, SIGKILL);
      signal_process(child, SIGKILL);
    }
    orphans_ = any;
  }

  Fd socket_;
  Fd signals_;
  std::vector<char> space_;
  const bool cgroups_;
  std::set<pid_t> supervisors_;
  std::uint64_t runs_ = 0;
  bool orphans_ = false;
};

}  // namespace

void run_helper(Fd socket, pid_t daemon, bool cgroups) {
  ::setsid();
  ::prctl(PR_SET_NAME, "command-helper", 0, 0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  // The descriptor of the daemon's end closes with it; if the daemon is gone already, there is
  // nothing to wait for.
  if (::getppid() != daemon) ::_exit(0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::clearenv();
  close_all_but(socket.get());
  if (cgroups) Cgroup::clean_up();
  {
    Helper helper(std::move(socket), cgroups);
    helper.run();
    helper.end();
  }
  ::_exit(0);
}

}  // namespace gateway::commands
