#include "gateway/server/server.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/server/connection.h"
#include "gateway/server/context.h"
#include "gateway/server/listener.h"

namespace gateway {

class HttpServer::Impl {
 public:
  Impl(EventLoop& loop, WorkerPool& workers, HttpOptions options)
      : context(loop, workers, std::move(options)), grace_timer(loop, [this] { give_up(); }) {
    context.max_slots = context.options.max_connections;
    if (context.max_slots == 0) {
      // A part stays for the store, files and requests to peers.
      const std::size_t all = raise_fd_limit();
      context.max_slots =
          std::max<std::size_t>(16, all - std::min(all, std::max<std::size_t>(128, all / 16)));
    }
    context.max_of_address = context.options.max_connections_per_address;
    if (context.max_of_address == 0) {
      context.max_of_address = std::max<std::size_t>(16, context.max_slots / 4);
    }
  }

  // Sockets go through TLS first, on another thread, and come back plain.
  base::Result<> start_tls() {
    if (context.options.certificate == nullptr) return {};
    EDGE_TRY(context.tls,
             TlsTerminator::start(context.options.certificate, context.loop.clock(),
                                  [this, gate = context.gate](AcceptedSocket plain) {
                                    gate->run([this, plain = std::move(plain)]() mutable {
                                      plain.slot = Slot(context.slots);
                                      context.open(std::move(plain));
                                    });
                                  }));
    return {};
  }

  ~Impl() {
    context.gate->close();
    context.on_empty = nullptr;
    listeners.clear();
    // Connections unlink their exchanges as they close.
    give_up();
    context.tls.reset();
  }

  void give_up() {
    while (!context.connections.empty()) context.connections.back()->give_up();
  }

  void stop(base::Millis grace, base::UniqueFunction<void()> done) {
    context.stopping = true;
    for (auto& listener : listeners) listener->close();
    std::vector<Connection*> all;
    for (auto& connection : context.connections) all.push_back(connection.get());
    context.on_empty = std::move(done);
    for (Connection* connection : all) connection->begin_stop();
    if (!context.connections.empty()) grace_timer.arm(grace);
    context.after_pass();
  }

  ServerContext context;
  std::vector<std::unique_ptr<Listener>> listeners;
  Timer grace_timer;
};

HttpServer::HttpServer(EventLoop& loop, WorkerPool& workers, HttpOptions options)
    : impl_(std::make_unique<Impl>(loop, workers, std::move(options))) {}

HttpServer::~HttpServer() = default;

RequestLimits& HttpServer::limits() { return impl_->context.limits; }

RouteTable& HttpServer::routes() { return impl_->context.router->table; }

base::Result<std::string> HttpServer::listen(const HostPort& address, ListenerKind kind) {
  EDGE_TRY(auto bound, Listener::bind(impl_->context, address, kind));
  const std::uint16_t port = bound.front()->port();
  for (auto& listener : bound) impl_->listeners.push_back(std::move(listener));
  const std::string host = address.host.empty() ? "0.0.0.0" : address.host;
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

base::Result<> HttpServer::start() {
  EDGE_CHECK(impl_->start_tls());
  for (auto& listener : impl_->listeners) EDGE_CHECK(listener->start());
  return {};
}

void HttpServer::stop(base::Millis grace, base::UniqueFunction<void()> done) {
  impl_->context.gate->run(
      [this, grace, done = std::move(done)]() mutable { impl_->stop(grace, std::move(done)); });
}

HttpStats HttpServer::stats() const {
  const ServerContext& context = impl_->context;
  return {.accepted = context.accepted,
          .requests = context.requests,
          .refused = context.refused,
          .turned_away = context.turned_away,
          .rate_limited = context.rate_limited,
          .slots = *context.slots,
          .connections = context.connections_open,
          .buffered_bodies = context.buffered_bodies,
          .unsent = context.unsent,
          .tls = context.tls ? std::optional(context.tls->stats()) : std::nullopt};
}

void HttpServer::for_each_route(
    const std::function<void(const Route&, const RouteFigures&)>& visit) const {
  const ServerContext& context = impl_->context;
  for (const auto& route : context.router->table.routes()) visit(*route, *route->figures);
  static const Route kNone{.method = "any", .path = "(none)"};
  visit(kNone, context.unrouted);
}

}  // namespace gateway
