// What all connections of one server share. Loop thread only, but for `router` and `gate`.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/request_id.h"
#include "gateway/http/route.h"
#include "gateway/server/address_slots.h"
#include "gateway/server/exchange.h"
#include "gateway/server/guard.h"
#include "gateway/server/server.h"

namespace gateway {

class Connection;

// The routes, and how their handlers are run. Workers that run a route hold the Router, even after
// the server is gone.
struct Router {
  RouteTable table;

  // Runs the handler of `route`; whatever it throws is logged and answered 500. The query is parsed
  // here, unless the judge has had it parsed.
  void run(const Route& route, Request request, Responder responder) const;
  // Calls the route's quick handler, if it has one; if that throws, run() handles the request.
  std::optional<Response> recall(const Route& route, const Request& request) const;
  // Asks the route's judge as run() does its handler.
  std::optional<Response> judge(const Route& route, Request& request) const;
  // The sink of an upload's bytes, of a route that takes uploads.
  base::Result<std::unique_ptr<BodySink>> open_upload(const Route& route, Request& request) const;
};

struct ServerContext {
  ServerContext(EventLoop& event_loop, WorkerPool& pool, HttpOptions http_options)
      : loop(event_loop),
        workers(pool),
        options(std::move(http_options)),
        guard(options.guard),
        limits(event_loop.clock(), options.requests),
        gate(std::make_shared<Gate>(event_loop)) {}

  EventLoop& loop;
  WorkerPool& workers;
  const HttpOptions options;
  const Guard guard;
  RequestLimits limits;
  const std::shared_ptr<Gate> gate;
  const std::shared_ptr<Slot::Count> slots = std::make_shared<Slot::Count>(0);  // in use
  const std::shared_ptr<Router> router = std::make_shared<Router>();

  AddressSlots addresses;
  RequestIds request_ids;
  RouteFigures unrouted;               // of requests that reached no route
  std::unique_ptr<TlsTerminator> tls;  // null: plain HTTP

  std::size_t max_slots = 0;
  std::size_t max_of_address = 0;
  bool stopping = false;
  std::uint64_t next_connection = 0;  // numbers them, for party_of()
  std::atomic<std::uint64_t> accepted{0}, requests{0}, refused{0}, turned_away{0}, rate_limited{0};
  std::atomic<std::size_t> connections_open{0}, buffered_bodies{0}, unsent{0};
  std::array<char, 64 * 1024> scratch{};  // what every read goes through

  void open(AcceptedSocket socket);     // one that speaks plain HTTP
  void retire(Connection& connection);  // frees it after this pass
  void serve_again(
      Connection& connection);          // pumps it after this pass: it had its share of this one
  void freed(std::size_t bytes) const;  // of a body
  std::string_view date();              // of now, made once a second
  // Answers after some time, the same for everyone; at once when too many wait already.
  void answer_late(std::shared_ptr<Exchange> exchange, Response response, base::Millis delay);
  void shed_unsent();  // closes the connections that hold most until the rest is within max_unsent

  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<std::unique_ptr<Connection>> graveyard;
  base::UniqueFunction<void()> on_empty;  // while stopping: when the last connection went
  void after_pass();                      // asks for a look at all of this

 private:
  struct Late {
    base::Millis due = 0;
    std::shared_ptr<Exchange> exchange;
    Response response;
  };
  void send_late();

  std::deque<Late> late_;  // by when they are due
  Timer late_timer_{loop, [this] { send_late(); }};
  std::vector<Connection*> again_;
  bool after_pass_due_ = false;
  std::int64_t date_second_ = 0;
  std::string date_;
};

}  // namespace gateway
