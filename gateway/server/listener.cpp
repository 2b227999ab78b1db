#include "gateway/server/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/log.h"
#include "gateway/server/connection.h"

namespace gateway {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsAPass = 256;
constexpr base::Millis kRetry = 100;

struct Peer {
  std::string text;
  bool local = false;
};

Peer peer_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), (ntohl(v4.sin_addr.s_addr) >> 24) == 127};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  const auto* bytes = v6.sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    inet_ntop(AF_INET, bytes + 12, text.data(), text.size());
    return {text.data(), bytes[12] == 127};
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return {text.data(), IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0};
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  // The port is at the same place in both families.
  sockaddr_in any{};
  std::memcpy(&any, &address, sizeof any);
  return ntohs(any.sin_port);
}

base::Error bind_error(const HostPort& address, int error) {
  const std::string where =
      fmt::format("{}:{}", address.host.empty() ? "*" : address.host, address.port);
  if (error == EADDRINUSE) {
    return base::fail(
        base::Errc::unavailable,
        fmt::format("port {} is taken ({}): another gateway or program listens there; "
                    "stop it, or use --listen HOST:PORT with another port (0: any free one)",
                    address.port, where));
  }
  if (error == EACCES) {
    return base::fail(
        base::Errc::forbidden,
        fmt::format("no right to listen on {}: ports under 1024 need one; use --listen "
                    "HOST:PORT with a higher port",
                    where));
  }
  if (error == EADDRNOTAVAIL) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("cannot listen on {}: this machine has no such address; use "
                                  "--listen with one of its own, 127.0.0.1 or 0.0.0.0",
                                  where));
  }
  return base::fail_errno(base::Errc::io, "listen on " + where, error);
}

base::Result<Fd> bind_one(const addrinfo& info, const HostPort& address, std::uint16_t port) {
  Fd fd(::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return bind_error(address, errno);
  const int one = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (info.ai_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  sockaddr_storage where{};
  std::memcpy(&where, info.ai_addr, info.ai_addrlen);
  sockaddr_in port_field{};
  std::memcpy(&port_field, &where, sizeof port_field);
  port_field.sin_port = htons(port);
  std::memcpy(&where, &port_field, offsetof(sockaddr_in, sin_addr));
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&where), info.ai_addrlen) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return bind_error(address, errno);
  }
  return fd;
}

}  // namespace

base::Result<std::vector<std::unique_ptr<Listener>>> Listener::bind(ServerContext& context,
                                                                    const HostPort& address,
                                                                    ListenerKind kind) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* const host = address.host.empty() ? nullptr : address.host.c_str();
  if (const int error = getaddrinfo(host, "0", &hints, &found); error != 0) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("cannot listen on '{}': {}; use --listen HOST:PORT with an address of "
                    "this machine",
                    address.host, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, &freeaddrinfo);
  std::vector<std::unique_ptr<Listener>> listeners;
  std::uint16_t port = address.port;
  base::Error failure = bind_error(address, EADDRNOTAVAIL);
  for (const addrinfo* info = list.get(); info != nullptr; info = info->ai_next) {
    auto fd = bind_one(*info, address, port);
    if (!fd) {
      // A name may stand for ::1 as well where there is no IPv6; a taken port is an error anyway.
      const bool fatal = address.port != 0 && fd.error().code == base::Errc::unavailable;
      failure = std::move(fd).error();
      if (fatal) return failure;
      continue;
    }
    if (port == 0) port = port_of(fd->get());
    listeners.push_back(
        std::unique_ptr<Listener>(new Listener(context, std::move(*fd), port, kind)));
  }
  if (listeners.empty()) return failure;
  return listeners;
}

Listener::Listener(ServerContext& context, Fd fd, std::uint16_t port, ListenerKind kind)
    : context_(context),
      fd_(std::move(fd)),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      port_(port),
      kind_(kind),
      retry_(context.loop, [this] { accept_some(); }) {}

Listener::~Listener() { close(); }

base::Result<> Listener::start() { return context_.loop.add(fd_.get(), EPOLLIN | EPOLLET, *this); }

void Listener::close() {
  retry_.disarm();
  if (fd_) context_.loop.remove(fd_.get(), *this);
  fd_.reset();
}

void Listener::on_io(std::uint32_t) { accept_some(); }

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsAPass && fd_; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Fd fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size,
                    SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK) return;
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        // Waiting clients get an error by the spare descriptor; then accepting pauses.
        spare_.reset();
        turn_away(Fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)));
        spare_ = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        return retry_.arm(kRetry);
      }
      continue;  // the client hung up before it was its turn
    }
    context_.accepted.fetch_add(1, std::memory_order_relaxed);
    Peer peer = peer_of(address);
    const bool counted = !peer.local || context_.options.local_addresses_too;
    auto of_address = counted ? context_.addresses.of(peer.text) : nullptr;
    if (context_.slots->load(std::memory_order_relaxed) >= context_.max_slots ||
        (of_address && of_address->load(std::memory_order_relaxed) >= context_.max_of_address)) {
      turn_away(std::move(fd));
      continue;
    }
    const int one = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    AcceptedSocket socket{std::move(fd), std::move(peer.text), peer.local, kind_,
                          Slot(context_.slots, std::move(of_address))};
    if (context_.tls) {
      context_.tls->accept(std::move(socket));
    } else {
      context_.open(std::move(socket));
    }
  }
  if (fd_) retry_.arm(0);  // the edge is spent and there may be more
}

void Listener::turn_away(Fd fd) {
  if (!fd) return;
  context_.turned_away.fetch_add(1, std::memory_order_relaxed);
  if (context_.tls) return;  // before a handshake, closing is all that can be done
  static constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Connection: close\r\n\r\n{\"error\":\"Too many connections. Try again in a second.\"}\n";
  [[maybe_unused]] const auto sent = ::send(fd.get(), kFull.data(), kFull.size(), MSG_NOSIGNAL);
}

}  // namespace gateway
