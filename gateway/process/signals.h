// Signals: SIGTERM, SIGINT, SIGQUIT and SIGHUP as events of the loop. SIGHUP does not end a daemon;
// it makes the daemon read its files again. Ignored are those that end a program by default and
// mean nothing to this one: SIGPIPE and SIGXFSZ, because a closed socket and a file that may not
// grow are error codes of the write; SIGXCPU, the warning before a limit; SIGUSR1, SIGUSR2, the
// timers' SIGALRM, SIGVTALRM and SIGPROF, SIGIO, SIGPWR, SIGSTKFLT and the real-time signals.
#pragma once

#include <memory>

#include "base/function.h"
#include "base/result.h"
#include "gateway/loop/event_loop.h"

namespace gateway {

class Signals final : private IoHandler {
 public:
  // In main, before any thread is made: threads inherit the mask.
  static void block();

  // `on_signal` is called on the loop with the signal's number, once per signal.
  static base::Result<std::unique_ptr<Signals>> watch(EventLoop& loop,
                                                      base::UniqueFunction<void(int)> on_signal);
  ~Signals();

 private:
  Signals(EventLoop& loop, base::UniqueFunction<void(int)> on_signal)
      : loop_(loop), on_signal_(std::move(on_signal)) {}
  void on_io(std::uint32_t events) override;

  EventLoop& loop_;
  base::UniqueFunction<void(int)> on_signal_;
  Fd fd_;
};

}  // namespace gateway
