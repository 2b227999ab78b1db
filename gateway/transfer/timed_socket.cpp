#include "gateway/transfer/timed_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

namespace gateway::transfer {
namespace {

using base::Errc;
using base::fail;
using Steady = std::chrono::steady_clock;

constexpr int kLookEvery = 100;  // ms, for a stop

base::Error stopped() { return fail(Errc::unavailable, "stopped, as asked"); }
base::Error silent() {
  return fail(Errc::unavailable, "the other gateway does not answer any more");
}

bool again(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

base::Result<bool> wait_for(int fd, short events, base::Millis patience,
                            const std::stop_token& stop) {
  const auto end = Steady::now() + std::chrono::milliseconds(patience);
  for (;;) {
    if (stop.stop_requested()) return stopped();
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Steady::now()).count();
    if (left <= 0) return false;
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<long long>(left, kLookEvery)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return base::fail_errno(Errc::io, "wait for a peer", errno);
  }
}

TimedSocket::TimedSocket(int fd) : fd_(fd) {
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

TimedSocket::TimedSocket(TimedSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

TimedSocket::~TimedSocket() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<TimedSocket> TimedSocket::connect(const std::string& host, const std::string& port,
                                               base::Millis patience, const std::stop_token& stop) {
  // Addresses of a code are numbers: no name is looked up.
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &raw) != 0) {
    return fail(Errc::invalid_argument, "the address " + host + ":" + port + " is none");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found(raw, ::freeaddrinfo);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return base::fail_errno(Errc::io, "make a socket", errno);
  TimedSocket socket(fd);
  if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    if (errno != EINPROGRESS) {
      return base::fail_errno(Errc::unavailable, "connect to " + host, errno);
    }
    EDGE_TRY(const bool ready, wait_for(fd, POLLOUT, patience, stop));
    int error = 0;
    socklen_t size = sizeof error;
    if (ready) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (!ready || error != 0) {
      return base::fail_errno(Errc::unavailable, "connect to " + host, ready ? error : ETIMEDOUT);
    }
  }
  return socket;
}

base::Result<> TimedSocket::send(base::ByteView bytes, base::Millis patience,
                                 const std::stop_token& stop) {
  while (!bytes.empty()) {
    if (stop.stop_requested()) return stopped();
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && !again(errno)) {
      return base::fail_errno(Errc::unavailable, "send to the other gateway", errno);
    }
    EDGE_TRY(const bool ready, wait_for(fd_, POLLOUT, patience, stop));
    if (!ready) return silent();
  }
  return {};
}

base::Result<std::optional<std::size_t>> TimedSocket::receive_now(std::span<std::uint8_t> out) {
  const ssize_t got = ::recv(fd_, out.data(), out.size(), 0);
  if (got >= 0) return std::optional(static_cast<std::size_t>(got));
  if (again(errno)) return std::optional<std::size_t>();
  return base::fail_errno(Errc::unavailable, "receive from the other gateway", errno);
}

base::Result<std::size_t> TimedSocket::receive(std::span<std::uint8_t> out, base::Millis patience,
                                               const std::stop_token& stop) {
  std::size_t done = 0;
  while (done < out.size()) {
    EDGE_TRY(const auto got, receive_now(out.subspan(done)));
    if (got && *got == 0) break;
    if (got) {
      done += *got;
      continue;
    }
    EDGE_TRY(const bool ready, wait_for(fd_, POLLIN, patience, stop));
    if (!ready) return silent();
  }
  return done;
}

}  // namespace gateway::transfer
