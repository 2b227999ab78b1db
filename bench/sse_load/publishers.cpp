#include "bench/sse_load/publishers.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "bench/sse_load/answer_reader.h"
#include "bench/sse_load/event_mark.h"

namespace {

constexpr std::size_t kConnections = 4;
constexpr std::size_t kMaxAnswer = 64 * 1024;  // of which `expect` is looked for

int connect_to(const Url& url) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&url.address), sizeof url.address) != 0) {
    die("a publisher cannot connect to " + url.host);
  }
  return fd;
}

std::string request_for(const Options& options, const EventMark& mark) {
  std::string body = options.body;
  if (const std::size_t at = body.find("{msg}"); at != std::string::npos) {
    body.replace(at, 5, mark.padded(options.size));
  }
  std::string request =
      "POST " + options.publish.path + " HTTP/1.1\r\nHost: " + options.publish.host + "\r\n";
  for (const std::string& header : options.headers) request += header + "\r\n";
  return request + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

void Publishers::run() {
  begun_ = now_nanos();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kConnections; ++i) threads.emplace_back([this] { work(); });
  for (std::thread& thread : threads) thread.join();
  seconds = static_cast<double>(now_nanos() - begun_) / 1e9;
}

void Publishers::work() {
  int fd = connect_to(options_.publish);
  for (;;) {
    const std::size_t number = next_++;
    if (number >= options_.events) break;
    std::int64_t due = now_nanos();
    if (options_.rate > 0) {
      // By the clock: a server that is late does not slow what is asked of it.
      due = begun_ + static_cast<std::int64_t>(static_cast<double>(number) * 1e9 / options_.rate);
      std::this_thread::sleep_for(std::chrono::nanoseconds(due - now_nanos()));
    }
    const std::int64_t asked = now_nanos();
    const bool good = publish(fd, number, due);
    base::Lock lock(mutex_);
    micros.push_back(static_cast<float>(now_nanos() - asked) / 1000);
    ++(good ? published : failed);
  }
  ::close(fd);
}

// A connection that ends is made anew.
bool Publishers::publish(int& fd, std::size_t number, std::int64_t due) {
  AnswerReader answer;
  std::string text;
  bool alive = send_all(fd, request_for(options_, {number, due}));
  std::array<char, 16 * 1024> buffer{};
  while (alive && !answer.done() && !answer.broken()) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    alive = got > 0;
    if (!alive) break;
    answer.feed({buffer.data(), static_cast<std::size_t>(got)}, [&](std::string_view piece) {
      if (text.size() < kMaxAnswer) text += piece;
    });
  }
  const bool whole = answer.done();
  if (!whole || answer.closes()) {
    ::close(fd);
    fd = connect_to(options_.publish);
  }
  return whole && answer.status() / 100 == 2 && text.find(options_.expect) != std::string::npos;
}
