// Listener: one listening socket. Accepts until there is nothing left to accept; when descriptors
// run out it answers 503 on the one it kept in reserve instead of spinning on EMFILE.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/fd.h"
#include "gateway/server/context.h"

namespace gateway {

class Listener final : public IoHandler {
 public:
  // Binds every address that the name stands for, all on one port. Port 0: any free one.
  static base::Result<std::vector<std::unique_ptr<Listener>>> bind(ServerContext& context,
                                                                   const HostPort& address,
                                                                   ListenerKind kind);
  ~Listener();
  base::Result<> start();
  void close();
  std::uint16_t port() const { return port_; }
  void on_io(std::uint32_t events) override;

 private:
  Listener(ServerContext& context, Fd fd, std::uint16_t port, ListenerKind kind);
  void accept_some();
  void turn_away(Fd fd);

  ServerContext& context_;
  Fd fd_;
  Fd spare_;
  const std::uint16_t port_;
  const ListenerKind kind_;
  Timer retry_;
};

}  // namespace gateway
