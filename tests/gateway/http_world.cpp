#include "tests/gateway/http_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <stdexcept>

namespace gateway::test {

HttpWorld::HttpWorld(const std::function<void(RouteTable&)>& routes, HttpOptions options,
                     std::size_t workers, bool peer_listener)
    : loop(std::move(EventLoop::create(clock).value())), pool(workers) {
  server = std::make_unique<HttpServer>(*loop, pool, std::move(options));
  routes(server->routes());
  const auto bind = [&](ListenerKind kind) {
    const std::string address = server->listen({"127.0.0.1", 0}, kind).value();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  };
  port = bind(ListenerKind::main);
  if (peer_listener) peer_port = bind(ListenerKind::peer);
  if (!server->start()) throw std::runtime_error("the test server does not start");
  thread_ = std::thread([this] { loop->run(); });
}

void HttpWorld::stop(base::Millis grace) {
  if (!thread_.joinable()) return;
  server->stop(grace, [this] { loop->stop(); });
  // Time stands still here unless moved: push it past the grace when that is what stop waits for.
  const auto began = std::chrono::steady_clock::now();
  std::promise<void> ended;
  auto future = ended.get_future();
  std::thread joiner([&] {
    thread_.join();
    ended.set_value();
  });
  while (future.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    if (std::chrono::steady_clock::now() - began > std::chrono::milliseconds(200))
      advance(grace + 1);
  }
  joiner.join();
}

HttpWorld::~HttpWorld() {
  stop();
  pool.stop();
}

void HttpWorld::advance(base::Millis by) {
  clock.advance(by);
  loop->post([] {});
}

std::optional<std::string> Reply::field(std::string_view name) const {
  std::size_t at = 0;
  while (at < head.size()) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string_view line = std::string_view(head).substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name)) {
      return std::string(line.substr(std::min(colon + 2, line.size())));
    }
    at = end + 2;
  }
  return std::nullopt;
}

Client::Client(std::uint16_t port, int receive_buffer) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      chunked_(other.chunked_),
      ended_(other.ended_),
      framed_(std::move(other.framed_)),
      chunks_(std::move(other.chunks_)) {}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Client& Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 10'000) <= 0) break;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return *this;
}

bool Client::fill() {
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, 10'000) <= 0) throw std::runtime_error("no answer within 10 s");
  std::string& into = chunked_ ? framed_ : buffer_;
  char bytes[65536];
  ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  // All that is there is taken before it is looked at, so that a slow build keeps up with a burst.
  while (got > 0) {
    into.append(bytes, static_cast<std::size_t>(got));
    got = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
  }
  if (chunked_) unchunk();
  return true;
}

void Client::unchunk() {
  std::size_t at = 0;  // what is before it was taken; erased once, since bursts are large
  for (;;) {
    const std::size_t end = framed_.find("\r\n", at);
    if (end == std::string::npos) break;
    const std::string length = framed_.substr(at, end - at);
    std::size_t used = 0;
    const std::size_t size = std::stoull(length, &used, 16);
    if (used != length.size()) throw std::runtime_error("no chunk begins with " + length);
    if (framed_.size() < end + 2 + size + 2) break;
    if (framed_.compare(end + 2 + size, 2, "\r\n") != 0) throw std::runtime_error("no chunk's end");
    if (size == 0) ended_ = true;
    if (size > 0) buffer_ += chunks_.emplace_back(framed_.substr(end + 2, size));
    at = end + 2 + size + 2;
  }
  framed_.erase(0, at);
}

Reply Client::reply(bool head_only) {
  Reply reply;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      reply.closed = true;
      return reply;
    }
  }
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  if (reply.head.size() > 12) reply.status = std::atoi(reply.head.c_str() + 9);
  if (reply.field("Transfer-Encoding") == "chunked") {
    chunked_ = true;
    framed_ = std::exchange(buffer_, {});
    unchunk();
  }
  if (head_only || reply.status == 100 || reply.status == 204 || reply.status == 304) return reply;
  const auto length = reply.field("Content-Length");
  const std::size_t size = length ? std::stoull(*length) : 0;
  while (buffer_.size() < size) {
    if (!fill()) {
      reply.closed = true;
      break;
    }
  }
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, reply.body.size());
  return reply;
}

std::string Client::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string Client::read_until(std::string_view mark) {
  std::size_t at = 0;
  std::size_t from = 0;  // what is before it does not hold the mark
  while ((at = buffer_.find(mark, from)) == std::string::npos) {
    from = buffer_.size() < mark.size() ? 0 : buffer_.size() - mark.size();
    if (!fill()) return std::exchange(buffer_, {});
  }
  std::string out = buffer_.substr(0, at + mark.size());
  buffer_.erase(0, out.size());
  return out;
}

bool Client::closed_by_server() {
  while (fill()) buffer_.clear();
  return true;
}

void Client::half_close() { ::shutdown(fd_, SHUT_WR); }

std::string get(std::string_view path, std::string_view more) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view more) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(more) + "\r\n" + std::string(body);
}

Reply ask(std::uint16_t port, std::string_view request) {
  Client client(port);
  client.send(request);
  return client.reply(request.starts_with("HEAD "));
}

}  // namespace gateway::test
