#include "gateway/process/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

namespace gateway {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGQUIT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void Signals::block() {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
                           SIGIO, SIGPWR, SIGSTKFLT}) {
    std::signal(signal, SIG_IGN);
  }
  // The C library keeps those below SIGRTMIN for itself.
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) std::signal(signal, SIG_IGN);
}

base::Result<std::unique_ptr<Signals>> Signals::watch(EventLoop& loop,
                                                      base::UniqueFunction<void(int)> on_signal) {
  std::unique_ptr<Signals> out(new Signals(loop, std::move(on_signal)));
  const sigset_t set = watched_signals();
  out->fd_ = Fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!out->fd_) return base::fail_errno(base::Errc::io, "signalfd", errno);
  EDGE_CHECK(loop.add(out->fd_.get(), EPOLLIN, *out));
  return out;
}

Signals::~Signals() {
  if (fd_) loop_.remove(fd_.get(), *this);
}

void Signals::on_io(std::uint32_t /*events*/) {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    on_signal_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace gateway
