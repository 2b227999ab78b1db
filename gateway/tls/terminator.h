// TlsTerminator: TLS in front of the HTTP server. It has a thread and an epoll set of its own: it
// takes accepted sockets, does the TLS handshake, and then gives the server one end of a socket
// pair that carries plain HTTP, while it copies bytes between the other end and the client.
// Requests, downloads and event streams are the same with and without it, and the arithmetic of
// handshakes never delays a call. Without --tls-cert no TlsTerminator exists.
//
// A connection costs two descriptors more and about 20 kB. Bounded: what waits in each direction is
// one TLS record here and the pair's small buffers in the kernel; a slow reader fills them, and
// the writer sees a full socket.
//
// Threads: accept() and stats() from any; the callback runs on the terminator's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/http/message.h"
#include "gateway/loop/fd.h"

namespace gateway {

class Certificate;

// An accepted socket on its way to the server.
struct AcceptedSocket {
  Fd fd;
  std::string peer;
  bool local = false;
  ListenerKind kind = ListenerKind::main;
  Slot slot;
};

struct TlsOptions {
  base::Millis handshake_timeout = 10'000;
  base::Millis sweep_interval = 15'000;  // clients that vanished are noticed within two
};

struct TlsStats {
  std::size_t open = 0;          // connections now, those that shake hands too
  std::uint64_t handshakes = 0;  // that succeeded
  std::uint64_t failed = 0;      // and that did not
};

class TlsTerminator {
 public:
  // Gets the plain end; its slot is one that counts against the total alone.
  using OnShaken = std::function<void(AcceptedSocket)>;

  // `clock` outlives it.
  static base::Result<std::unique_ptr<TlsTerminator>> start(
      std::shared_ptr<Certificate> certificate, const base::Clock& clock, OnShaken on_shaken,
      TlsOptions options = {});
  ~TlsTerminator();  // stop()

  void accept(AcceptedSocket socket);
  TlsStats stats() const;
  // Sends what is in its buffers for a moment, closes everything, joins the thread.
  void stop();

 private:
  class Impl;
  explicit TlsTerminator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
