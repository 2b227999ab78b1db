// TimedSocket: a TCP socket for threads that may wait, with an end to every wait: a deadline, or a
// stop that is looked for ten times a second. One thread at a time.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace gateway::transfer {

class TimedSocket {
 public:
  explicit TimedSocket(int fd);  // takes it; non-blocking from now on
  TimedSocket(TimedSocket&& other) noexcept;
  TimedSocket& operator=(TimedSocket&&) = delete;
  ~TimedSocket();

  // Errc::unavailable when nobody is there within `patience`.
  static base::Result<TimedSocket> connect(const std::string& host, const std::string& port,
                                           base::Millis patience, const std::stop_token& stop);

  // Sends all of it; `patience` is for each time that the other side takes nothing.
  base::Result<> send(base::ByteView bytes, base::Millis patience, const std::stop_token& stop);
  // Fills `out`, or less at the other side's end. `patience` is for each silence.
  base::Result<std::size_t> receive(std::span<std::uint8_t> out, base::Millis patience,
                                    const std::stop_token& stop);
  // What is there now, at most out.size(); nothing: not yet. 0: the other side ended.
  base::Result<std::optional<std::size_t>> receive_now(std::span<std::uint8_t> out);
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Waits until the descriptor can be read or written: false when `patience` is over first.
base::Result<bool> wait_for(int fd, short events, base::Millis patience,
                            const std::stop_token& stop);

}  // namespace gateway::transfer
