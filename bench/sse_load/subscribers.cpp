#include "bench/sse_load/subscribers.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "bench/sse_load/event_mark.h"

namespace {

constexpr std::size_t kOpeningAtOnce = 256;
constexpr auto kPatience = std::chrono::seconds(10);

// A connection under way, or -1.
int dial(const Url& url, std::size_t source) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source > 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(source));
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd);
      return -1;
    }
  }
  const auto* const to = reinterpret_cast<const sockaddr*>(&url.address);
  if (::connect(fd, to, sizeof url.address) != 0 && errno != EINPROGRESS) {
    ::close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

Subscribers::Subscribers(const Options& options)
    : options_(options), streams_(options.subscribers), buffer_(256 * 1024) {
  for (Stream& stream : streams_) stream.seen.resize(options.events / 64 + 1);
  // What is measured must not wait for memory.
  micros.reserve(std::min<std::size_t>(options.subscribers * options.events, 64 << 20));
  poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (poll_ < 0) die("epoll_create1");
}

double Subscribers::connect() {
  const std::int64_t begun = now_nanos();
  std::int64_t last = begun;
  std::size_t known = 0;
  thread_ = std::thread([this] { run(); });
  while (known < streams_.size()) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    const std::size_t now_known = ready_ + failed_;
    if (now_known != known) {
      known = now_known;
      last = now_nanos();
    }
    if (std::chrono::nanoseconds(now_nanos() - last) > kPatience) break;
  }
  return static_cast<double>(last - begun) / 1e9;
}

void Subscribers::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  for (Stream& stream : streams_) {
    if (stream.fd >= 0) ::close(stream.fd);
    stream.fd = -1;
  }
  if (poll_ >= 0) ::close(poll_);
  poll_ = -1;
}

void Subscribers::run() {
  std::array<epoll_event, 1024> events{};
  std::size_t next = 0;
  while (!stopping_) {
    for (; next < streams_.size() && opening_ < kOpeningAtOnce; ++next) open(streams_[next], next);
    const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 50);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto& stream = *static_cast<Stream*>(event.data.ptr);
      if (!stream.connected && (event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        on_writable(stream);
      }
      if (stream.connected && (event.events & ~std::uint32_t{EPOLLOUT}) != 0) on_readable(stream);
    }
  }
}

void Subscribers::open(Stream& stream, std::size_t number) {
  ++opening_;
  stream.fd = dial(options_.subscribe, number % options_.sources);
  if (stream.fd < 0) return end(stream);
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.ptr = &stream;
  ::epoll_ctl(poll_, EPOLL_CTL_ADD, stream.fd, &event);
}

void Subscribers::on_writable(Stream& stream) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(stream.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  const std::string request = "GET " + options_.subscribe.path +
                              " HTTP/1.1\r\nHost: " + options_.subscribe.host +
                              "\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n";
  // It fits into the empty socket.
  if (error != 0 || ::send(stream.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
                        static_cast<ssize_t>(request.size())) {
    return end(stream);
  }
  stream.connected = true;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.ptr = &stream;
  ::epoll_ctl(poll_, EPOLL_CTL_MOD, stream.fd, &event);
}

void Subscribers::on_readable(Stream& stream) {
  const ssize_t got = ::recv(stream.fd, buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return end(stream);
  const std::int64_t now = now_nanos();
  AnswerReader& answer = stream.answer;
  answer.feed({buffer_.data(), static_cast<std::size_t>(got)},
              [&](std::string_view piece) { take(stream, piece, now); });
  if (answer.broken() || answer.done() || (answer.has_head() && answer.status() != 200)) {
    return end(stream);
  }
  if (!stream.ready && answer.has_head()) {
    stream.ready = true;
    --opening_;
    ++ready_;
  }
}

void Subscribers::take(Stream& stream, std::string_view text, std::int64_t now) {
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    if (stream.rest.empty()) {
      on_line(stream, text.substr(0, end), now);
    } else {
      stream.rest += text.substr(0, end);
      on_line(stream, stream.rest, now);
      stream.rest = {};
    }
    text.remove_prefix(end + 1);
  }
  stream.rest += text;
}

void Subscribers::on_line(Stream& stream, std::string_view line, std::int64_t now) {
  if (line.empty() || line == "\r") {
    stream.in_lag = false;
  } else if (line.starts_with("event: lag")) {
    stream.in_lag = true;
  } else if (stream.in_lag && line.starts_with("data:")) {
    const std::size_t digits = std::min(line.find_first_of("0123456789"), line.size());
    std::size_t dropped = 0;
    std::from_chars(line.data() + digits, line.data() + line.size(), dropped);
    lag_dropped += dropped;
  } else if (line.starts_with("data:")) {
    const auto mark = EventMark::find(line);
    if (!mark || mark->number >= options_.events) return;
    std::uint64_t& seen = stream.seen[mark->number / 64];
    const std::uint64_t bit = std::uint64_t{1} << (mark->number % 64);
    if ((seen & bit) != 0) {
      ++duplicates;
      return;
    }
    seen |= bit;
    micros.push_back(static_cast<float>(now - mark->due) / 1000);
    delivered_.fetch_add(1, std::memory_order_relaxed);
    last_came_.store(now, std::memory_order_relaxed);
  }
}

void Subscribers::end(Stream& stream) {
  if (stream.fd >= 0) ::close(stream.fd);
  stream.fd = -1;
  stream.connected = false;
  if (stream.ready) {
    ++closed;
  } else {
    --opening_;
    ++failed_;
  }
}
