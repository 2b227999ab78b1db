#include "gateway/commands/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "gateway/commands/landlock.h"
#include "gateway/commands/process_tree.h"

namespace gateway::commands {
namespace {

constexpr rlim_t kOpenFiles = 1024;
// The kernel ends commands before the daemon when memory is short.
constexpr std::string_view kOomScore = "500";

[[noreturn]] void give_up(int failure, Report::Step step) {
  const ChildFailure report{.step = step, .number = errno};
  (void)!::write(failure, &report, sizeof report);
  ::_exit(127);
}

void default_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool place_streams(const ChildStreams& streams) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int input = streams.input >= 0 ? streams.input : null;
  return input >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
         ::dup2(streams.output, STDOUT_FILENO) >= 0 && ::dup2(streams.errors, STDERR_FILENO) >= 0;
}

// The limit, or the present hard one if that is lower: it cannot be raised.
bool limit(decltype(RLIMIT_CPU) what, rlim_t soft, rlim_t hard) {
  struct rlimit now {};
  if (::getrlimit(what, &now) != 0) return false;
  const struct rlimit wanted {
    .rlim_cur = std::min(soft, now.rlim_max), .rlim_max = std::min(hard, now.rlim_max)
  };
  return ::setrlimit(what, &wanted) == 0;
}

void be_first_to_go() {
  // Files of /proc belong to root while a process hides its memory, as the daemon does; this one
  // has nothing to hide any more.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!::write(file, kOomScore.data(), kOomScore.size());
  ::close(file);
}

// After this nothing allocates: the limit of memory counts what this process has, too.
bool set_limits(const RunLimits& limits, std::uint64_t tasks) {
  const auto seconds = static_cast<rlim_t>((limits.cpu + 999) / 1000);
  return limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_NOFILE, kOpenFiles, kOpenFiles) &&
         limit(RLIMIT_CPU, seconds, seconds + 1) &&
         limit(RLIMIT_FSIZE, limits.file_size, limits.file_size) &&
         limit(RLIMIT_NPROC, tasks + limits.processes, tasks + limits.processes) &&
         limit(RLIMIT_AS, limits.memory, limits.memory);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// The paths at which the program may lie: itself, or in each folder of the command's own PATH.
std::vector<std::string> places_of(const RunSpec& spec) {
  const std::string& program = spec.argv.front();
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> out;
  for (const std::string& variable : spec.environment) {
    if (!variable.starts_with("PATH=")) continue;
    std::string_view rest = std::string_view(variable).substr(5);
    while (!rest.empty()) {
      const auto end = rest.find(':');
      const std::string_view folder = rest.substr(0, end);
      // Not the working folder, where a program could have been put under a known name.
      if (folder.starts_with('/')) out.push_back(std::string(folder) + "/" + program);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  return out;
}

}  // namespace

void become(const RunSpec& spec, const ChildStreams& streams, const Cgroup* cgroup, int failure,
            pid_t supervisor) {
  using Step = Report::Step;
  // Ends with its supervisor, whatever ends that one.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != supervisor) ::_exit(127);
  if (::setsid() < 0) give_up(failure, Step::process);
  // A group that may be made and not entered is none: then the limits below hold alone.
  if (cgroup != nullptr) (void)cgroup->enter();
  default_signals();
  if (!place_streams(streams)) give_up(failure, Step::process);
  be_first_to_go();
  if (::chdir(spec.folder.c_str()) != 0) give_up(failure, Step::folder);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(failure, Step::limits);
  // The kernel does not hold root to its number of processes.
  const std::uint64_t tasks = ::getuid() == 0 ? 0 : tasks_of_this_user();
  const std::vector<std::string> places = places_of(spec);
  std::vector<char*> arguments = pointers(spec.argv);
  std::vector<char*> environment = pointers(spec.environment);
  if (landlock_hide(spec.hidden) == Landlocked::failed) give_up(failure, Step::landlock);
  if (::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) != 0) {
    for (int fd = 3; fd < 65'536; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);  // before Linux 5.11
  }
  if (!set_limits(spec.limits, tasks)) give_up(failure, Step::limits);
  errno = ENOENT;
  for (const std::string& place : places) {
    ::execve(place.c_str(), arguments.data(), environment.data());
    if (errno != ENOENT && errno != ENOTDIR) break;
  }
  give_up(failure, Step::program);
}

}  // namespace gateway::commands
