#include "gateway/commands/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <optional>

#include "gateway/commands/child.h"
#include "gateway/commands/process_tree.h"

namespace gateway::commands {
namespace {

constexpr base::Millis kForever = std::numeric_limits<base::Millis>::max();
// What a command leaves running when it ends gets this long after SIGTERM.
constexpr base::Millis kLeftBehindGrace = 500;

class Supervisor {
 public:
  Supervisor(const RunSpec& spec, SupervisorStreams streams, const std::string& cgroup_name)
      : spec_(spec), streams_(std::move(streams)) {
    if (!cgroup_name.empty()) cgroup_ = Cgroup::make(cgroup_name, spec.limits);
  }

  void run(pid_t helper) {
    watch_signals();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (::getppid() != helper) return;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    start();
    while (!over_) step();
    if (cgroup_) cgroup_->remove();
    report(end_);
  }

 private:
  void watch_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM}) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    signals_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  }

  void start() {
    end_ = {.kind = Report::Kind::failed, .step = Report::Step::process};
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) return fail();
    failure_ = Fd(pipe[0]);
    const Fd writes(pipe[1]);
    const pid_t supervisor = ::getpid();
    leader_ = ::fork();
    if (leader_ < 0) return fail();
    if (leader_ == 0) {
      become(spec_,
             {.input = streams_.input.get(),
              .output = streams_.output.get(),
              .errors = streams_.errors.get()},
             cgroup_ ? &*cgroup_ : nullptr, writes.get(), supervisor);
    }
    streams_.input.reset();
    streams_.output.reset();
    streams_.errors.reset();
    deadline_ = now() + spec_.limits.time;
  }

  // The pipe ends when the child has become the program, or ended without reporting why not.
  void read_failure() {
    if (!failure_) return;
    ChildFailure why;
    const ssize_t size = ::read(failure_.get(), &why, sizeof why);
    if (size < 0) return;
    failure_.reset();
    if (size == static_cast<ssize_t>(sizeof why)) {
      end_ = {.kind = Report::Kind::failed, .step = why.step, .number = why.number};
      failed_ = true;
    } else {
      report({.kind = Report::Kind::started, .number = leader_});
    }
  }

  void fail() {
    end_.number = errno;
    over_ = true;
  }

  void step() {
    const base::Millis until = std::min(deadline_, kill_at_);
    const base::Millis wait =
        until == kForever ? 60'000 : std::clamp<base::Millis>(until - now(), 0, 60'000);
    pollfd ready[3] = {{.fd = streams_.control.get(), .events = POLLIN, .revents = 0},
                       {.fd = signals_.get(), .events = POLLIN, .revents = 0},
                       {.fd = failure_.get(), .events = POLLIN, .revents = 0}};
    (void)::poll(ready, 3, static_cast<int>(wait));
    read_failure();
    if (ready[0].revents != 0) read_orders();
    if (ready[1].revents != 0) read_signals();
    reap();
    if (over_) return;
    if (now() >= deadline_) {
      end_.timed_out = 1;
      timed_out_ = true;
      deadline_ = kForever;
      terminate(spec_.grace);
    }
    if (now() >= kill_at_) kill_all();
  }

  void read_orders() {
    char order = 0;
    const ssize_t size = ::recv(streams_.control.get(), &order, 1, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size == 1 && order == static_cast<char>(Order::terminate)) return terminate(spec_.grace);
    // The daemon is gone, or wants the command to end at once.
    kill_all();
  }

  void read_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo == SIGTERM) kill_all();  // the helper has ended
    }
  }

  // Takes the ends of children, orphans of the command among them. Without any child left nothing
  // is left at all.
  void reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid == 0) break;
      if (pid < 0 && errno == EINTR) continue;
      if (pid < 0) {
        over_ = true;
        return;
      }
      if (pid == leader_) leader_ended(status);
    }
    // The command is over; ends what it left running.
    if (leader_ == 0 && kill_at_ == kForever) terminate(kLeftBehindGrace);
  }

  void leader_ended(int status) {
    read_failure();
    leader_ = 0;
    deadline_ = kForever;
    if (failed_) return;
    end_ = {.timed_out = timed_out_ ? 1U : 0U};
    end_.kind = WIFSIGNALED(status) ? Report::Kind::signaled : Report::Kind::exited;
    end_.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    // A shorter grace than that of the command may hold from now on.
    if (kill_at_ != kForever) kill_at_ = std::min(kill_at_, now() + kLeftBehindGrace);
  }

  void terminate(base::Millis grace) {
    if (kill_at_ != kForever) return;
    kill_at_ = now() + grace;
    signal_all(SIGTERM);
  }

  void signal_all(int signal) {
    if (leader_ > 0) ::kill(-leader_, signal);  // its group: at once, whatever forks in it
    for (const ProcessFacts& each : descendants_of(::getpid(), all_processes())) {
      signal_process(each, signal);
    }
  }

  // Each round ends all that were there when it began; what they started meanwhile is for the next.
  // Processes that fork as fast as they can fall behind: those that were ended fork no more.
  void kill_all() {
    deadline_ = kForever;
    kill_at_ = now();
    for (int round = 0; !over_; ++round) {
      if (cgroup_) cgroup_->kill();
      signal_all(SIGKILL);
      reap();
      if (over_) return;
      pollfd ready{.fd = signals_.get(), .events = POLLIN, .revents = 0};
      // What the kernel holds (a lost network disk) may take long to end.
      (void)::poll(&ready, 1, round < 200 ? 5 : 500);
      signalfd_siginfo info{};
      (void)!::read(signals_.get(), &info, sizeof info);
      reap();
    }
  }

  void report(const Report& report) {
    (void)::send(streams_.control.get(), &report, sizeof report, MSG_NOSIGNAL);
  }

  static base::Millis now() {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec * base::Millis{1000} + time.tv_nsec / 1'000'000;
  }

  const RunSpec& spec_;
  SupervisorStreams streams_;
  std::optional<Cgroup> cgroup_;
  Fd signals_;
  Fd failure_;         // see read_failure()
  pid_t leader_ = -1;  // 0: it has ended
  Report end_;
  bool failed_ = false;
  bool timed_out_ = false;
  bool over_ = false;
  base::Millis deadline_ = kForever;
  base::Millis kill_at_ = kForever;  // kForever: nothing was asked to end yet
};

}  // namespace

void supervise(const RunSpec& spec, SupervisorStreams streams, const std::string& cgroup_name,
               pid_t helper) {
  Supervisor(spec, std::move(streams), cgroup_name).run(helper);
}

}  // namespace gateway::commands
