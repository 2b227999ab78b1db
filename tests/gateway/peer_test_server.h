// A peer as a test wants it: a socket that reads whole requests and lets a script answer raw bytes.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "gateway/loop/fd.h"
#include "tests/gateway/loopback.h"

namespace peer_test {

// What a script can do to the connection.
class Line {
 public:
  Line(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Until the other side closes or the test ends.
  void hold() const {
    char byte = 0;
    while (!stopping_) {
      pollfd poll{fd_, POLLIN, 0};
      if (::poll(&poll, 1, 20) > 0 && ::recv(fd_, &byte, 1, 0) <= 0) return;
    }
  }

 private:
  int fd_;
  const std::atomic<bool>& stopping_;
};

class Server {
 public:
  // Answers one request; false closes the connection.
  using Script = std::function<bool(const std::string& request, const Line& line)>;

  explicit Server(Script script) : script_(std::move(script)) {
    auto listening = test::listen_on_loopback(64);
    listener_ = std::move(listening.fd);
    port_ = listening.port;
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~Server() {
    stopping_ = true;
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  std::vector<std::string> requests() const {
    base::Lock lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    while (!stopping_) {
      pollfd poll{listener_.get(), POLLIN, 0};
      if (::poll(&poll, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      threads_.emplace_back([this, fd] { serve(gateway::Fd(fd)); });
    }
  }

  void serve(gateway::Fd fd) {
    std::string buffer;
    while (!stopping_) {
      const auto end = buffer.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t whole = end + 4 + body_length(buffer.substr(0, end));
        if (buffer.size() >= whole) {
          const std::string request = buffer.substr(0, whole);
          buffer.erase(0, whole);
          {
            base::Lock lock(mutex_);
            requests_.push_back(request);
          }
          if (!script_(request, Line(fd.get(), stopping_))) return;
          continue;
        }
      }
      char bytes[16384];
      pollfd poll{fd.get(), POLLIN, 0};
      if (::poll(&poll, 1, 20) <= 0) continue;
      const auto got = ::recv(fd.get(), bytes, sizeof bytes, 0);
      if (got <= 0) return;
      buffer.append(bytes, static_cast<std::size_t>(got));
    }
  }

  static std::size_t body_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    std::size_t length = 0;
    if (at != std::string::npos) {
      std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
    }
    return length;
  }

  Script script_;
  gateway::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // the acceptor's, then the destructor's
  mutable base::Mutex mutex_;
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
};

inline Server::Script always(std::string answer) {
  return [answer = std::move(answer)](const std::string&, const Line& line) {
    return line.send(answer);
  };
}

}  // namespace peer_test
