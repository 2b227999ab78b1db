#include "gateway/server/context.h"

#include <algorithm>
#include <exception>

#include "base/cancel_scope.h"
#include "base/log_record.h"
#include "gateway/http/response_head.h"
#include "gateway/server/connection.h"

namespace gateway {

namespace {

// False for a target whose query cannot be read.
bool parse_query_of(Request& request) {
  auto query = parse_query(request.head.target());
  if (!query) return false;
  request.query = *std::move(query);
  return true;
}

constexpr std::string_view kMalformed = "The request target is malformed.";

}  // namespace

void Router::run(const Route& route, Request request, Responder responder) const {
  const std::string id = request.id;
  const base::log::Request of_request(id);
  const base::Cancellation closed = responder.closed();
  const std::string party = request.party;
  const base::CancelScope scope(closed, party);
  try {
    if (route.judge || parse_query_of(request)) {
      route.handle(std::move(request), std::move(responder));
    } else {
      responder.answer(Response::error(400, kMalformed));
    }
  } catch (const std::exception& bug) {
    // The responder answers 500 as it goes; the text stays here.
    base::log::error("{} {} threw: {}", route.method, route.path, bug.what());
  }
}

std::optional<Response> Router::recall(const Route& route, const Request& request) const {
  if (!route.quick || request.head.target() != route.path) return std::nullopt;
  const base::log::Request of_request(request.id);
  try {
    return route.quick(request);
  } catch (const std::exception& bug) {
    base::log::error("{} {} threw: {}", route.method, route.path, bug.what());
    return std::nullopt;
  }
}

std::optional<Response> Router::judge(const Route& route, Request& request) const {
  try {
    if (parse_query_of(request)) return route.judge(request);
  } catch (const std::exception& bug) {
    base::log::error("{} {} threw: {}", route.method, route.path, bug.what());
    return Response::error(500, "The request failed inside; see the log.");
  }
  return Response::error(400, kMalformed);
}

base::Result<std::unique_ptr<BodySink>> Router::open_upload(const Route& route,
                                                            Request& request) const {
  if (parse_query_of(request)) return route.upload(request);
  return base::fail(base::Errc::invalid_argument, std::string(kMalformed));
}

void ServerContext::open(AcceptedSocket socket) {
  auto connection = std::make_unique<Connection>(*this, std::move(socket));
  if (!connection->watch()) return;
  connection->place = connections.size();
  connections.push_back(std::move(connection));
  connections_open.store(connections.size(), std::memory_order_relaxed);
}

void ServerContext::retire(Connection& connection) {
  const std::size_t place = connection.place;
  // One that could not even be watched was never entered.
  if (place >= connections.size() || connections[place].get() != &connection) return;
  std::erase(again_, &connection);  // it asked for another turn and closed in the same one
  graveyard.push_back(std::move(connections[place]));
  if (place + 1 < connections.size()) {
    connections[place] = std::move(connections.back());
    connections[place]->place = place;
  }
  connections.pop_back();
  connections_open.store(connections.size(), std::memory_order_relaxed);
  after_pass();
}

void ServerContext::serve_again(Connection& connection) {
  again_.push_back(&connection);
  after_pass();
}

void ServerContext::after_pass() {
  if (after_pass_due_) return;
  after_pass_due_ = true;
  loop.defer([this, alive = gate] {
    if (!alive->is_open()) return;  // the server was destroyed, and this with it
    after_pass_due_ = false;
    for (Connection* connection : std::exchange(again_, {})) connection->pump();
    // Some that pump() retired have requested another turn; all of these are in the graveyard.
    auto dead = std::exchange(graveyard, {});
    dead.clear();
    if (connections.empty() && on_empty) std::exchange(on_empty, nullptr)();
  });
}

void ServerContext::answer_late(std::shared_ptr<Exchange> exchange, Response response,
                                base::Millis delay) {
  constexpr std::size_t kMostLate = 10'000;
  if (late_.size() >= kMostLate) return exchange->answer(std::move(response));
  late_.push_back({loop.now() + delay, std::move(exchange), std::move(response)});
  if (!late_timer_.armed()) late_timer_.arm_at(late_.front().due);
}

void ServerContext::send_late() {
  while (!late_.empty() && late_.front().due <= loop.now()) {
    Late due = std::move(late_.front());
    late_.pop_front();
    due.exchange->answer(std::move(due.response));
  }
  if (!late_.empty()) late_timer_.arm_at(late_.front().due);
}

void ServerContext::shed_unsent() {
  while (unsent > options.max_unsent && !connections.empty()) {
    const auto most =
        std::max_element(connections.begin(), connections.end(),
                         [](const auto& a, const auto& b) { return a->unsent() < b->unsent(); });
    if ((*most)->unsent() == 0) return;
    base::log::warning("a client that does not take its answers is closed: {} bytes waited for it",
                       (*most)->unsent());
    (*most)->give_up();
  }
}

void ServerContext::freed(std::size_t bytes) const {
  constexpr std::size_t kLarge = 256 * 1024;  // smaller pieces are used again
  if (bytes >= kLarge && options.freed) options.freed(bytes);
}

std::string_view ServerContext::date() {
  const std::int64_t second = loop.clock().now() / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

}  // namespace gateway
