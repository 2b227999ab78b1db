// A server of tests that speaks in lines: its listener, with a thread for each connection, and a
// line.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/loop/fd.h"
#include "tests/gateway/loopback.h"

namespace mail_test {

// A socket that reads lines, and sends until its cut.
class Line {
 public:
  Line(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}

  // False: closed, or the test ends.
  bool read(std::string& line) {
    for (;;) {
      const std::size_t end = in_.find('\n');
      if (end != std::string::npos) {
        line = in_.substr(0, end);
        if (line.ends_with('\r')) line.pop_back();
        in_.erase(0, end + 1);
        return true;
      }
      if (!more(20) && (closed_ || stopping_)) return false;
    }
  }
  // Waits so long for bytes; true: some came.
  bool more(int millis) {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, millis) <= 0) return false;
    char buffer[4096];
    const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    in_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  bool has_line() const { return in_.find('\n') != std::string::npos; }
  bool closed() const { return closed_ || stopping_; }

  // False: the connection was cut, or is closed.
  bool send(std::string_view bytes) {
    const bool cuts = cut_after && bytes.size() >= *cut_after;
    if (cuts) bytes = bytes.substr(0, *cut_after);
    if (cut_after) *cut_after -= bytes.size();
    while (!bytes.empty()) {
      const auto piece = slow ? bytes.substr(0, 1) : bytes;
      const auto sent = ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    if (cuts) ::shutdown(fd_, SHUT_RDWR);
    return !cuts;
  }

  std::optional<std::size_t> cut_after;
  bool slow = false;

 private:
  int fd_;
  const std::atomic<bool>& stopping_;
  std::string in_;
  bool closed_ = false;
};

// Accepts at 127.0.0.1; each connection has a thread.
class Listener {
 public:
  using Serve = std::function<void(Line&)>;
  explicit Listener(Serve serve) : serve_(std::move(serve)) {
    auto listening = ::test::listen_on_loopback(256);
    listener_ = std::move(listening.fd);
    port_ = listening.port;
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~Listener() {
    stopping_ = true;
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!stopping_) {
      pollfd poll{listener_.get(), POLLIN, 0};
      if (::poll(&poll, 1, 2) <= 0) continue;
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      threads_.emplace_back([this, owned = gateway::Fd(fd)] {
        Line line(owned.get(), stopping_);
        serve_(line);
      });
    }
  }

  Serve serve_;
  gateway::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace mail_test
