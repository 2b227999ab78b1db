// HttpServer: the reactor. It owns the listening sockets and every HTTP connection, on the thread
// of one EventLoop; complete requests run on the WorkerPool (or on the loop, for routes marked so).
//
// Order of use: routes().add(...), listen(...), start() [before or inside loop.run()], stop().
// Threads: everything on the loop's thread, or before it runs; stop() and stats() from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/function.h"
#include "base/result.h"
#include "gateway/http/route.h"
#include "gateway/limits/request_limits.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/server/guard.h"
#include "gateway/text/host_port.h"
#include "gateway/tls/terminator.h"

namespace gateway {

class Certificate;
class Gatekeeper;

struct HttpOptions {
  GuardOptions guard = {};
  Gatekeeper* gatekeeper = nullptr;     // outlives the server; null: everybody may do everything
  base::Millis idle_timeout = 75'000;   // a connection between requests
  base::Millis head_timeout = 30'000;   // from a head's first byte to its blank line
  base::Millis body_timeout = 30'000;   // within it a body must grow by kMinBodyProgress or end
  base::Millis write_timeout = 60'000;  // an answer of which nothing is taken for so long
  std::size_t max_buffered_bodies = 64 * 1024 * 1024;  // of all connections together; then 503
  // Unread answers of all connections together; over it the connection that holds most is closed.
  std::size_t max_unsent = 128 * 1024 * 1024;
  std::function<void(std::size_t)> freed = {};  // called when large bodies were freed
  std::size_t max_connections = 0;  // streams too; 0: what the limit of open files leaves
  // Of one address (an IPv6 /64), streams too; 0: a quarter of all. Not of this machine's own,
  // unless `local_addresses_too`.
  std::size_t max_connections_per_address = 0;
  bool local_addresses_too = false;
  RequestLimitOptions requests = {};
  std::shared_ptr<Certificate> certificate = nullptr;  // null: plain HTTP
};

struct HttpStats {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;        // heads and framings that ended a connection
  std::uint64_t turned_away = 0;    // connections over a limit
  std::uint64_t rate_limited = 0;   // requests over a limit
  std::size_t slots = 0;            // descriptors that clients hold, streams included
  std::size_t connections = 0;      // open now, streams not counted
  std::size_t buffered_bodies = 0;  // bytes
  std::size_t unsent = 0;           // bytes of answers
  std::optional<TlsStats> tls = std::nullopt;
};

class HttpServer {
 public:
  HttpServer(EventLoop& loop, WorkerPool& workers, HttpOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  RouteTable& routes();
  // Binds (every address a name resolves to) and answers the real "HOST:PORT". A taken port, a
  // foreign address or a name that does not resolve is an error that says what to do.
  base::Result<std::string> listen(const HostPort& address, ListenerKind kind = ListenerKind::main);
  // Freezes the routes and begins to accept.
  base::Result<> start();
  // Stops accepting, lets running requests finish for at most `grace`, answers the rest 503, closes
  // everything and then calls `done` on the loop. The loop must keep running until then.
  void stop(base::Millis grace, base::UniqueFunction<void()> done);
  HttpStats stats() const;
  // Of requests, for what comes as one by another way than HTTP. Loop thread.
  RequestLimits& limits();
  // Each route with its figures, and last those of requests that reached none. Any thread, after
  // start().
  void for_each_route(const std::function<void(const Route&, const RouteFigures&)>& visit) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
