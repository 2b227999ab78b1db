// A socket that listens at a free port of 127.0.0.1.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>

#include "gateway/loop/fd.h"

namespace test {

struct LoopbackSocket {
  gateway::Fd fd;
  std::uint16_t port = 0;
};

inline LoopbackSocket listen_on_loopback(int backlog) {
  LoopbackSocket out{gateway::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(out.fd.get(), any, size) != 0 || ::listen(out.fd.get(), backlog) != 0) std::abort();
  ::getsockname(out.fd.get(), any, &size);
  out.port = ntohs(address.sin_port);
  return out;
}

}  // namespace test
