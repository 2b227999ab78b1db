// Connection, the part about requests: a head is judged, a body gathered, a handler asked.
#include <algorithm>

#include "base/cancel_scope.h"
#include "gateway/auth/gatekeeper.h"
#include "gateway/http/path.h"
#include "gateway/loop/party.h"
#include "gateway/server/connection.h"
#include "gateway/server/partial_request.h"

namespace gateway {

Connection::Progress Connection::step_head() {
  if (pending().empty()) {
    if (context_.stopping) close_after_flush_ = true;
    return context_.stopping ? Progress::made : Progress::need_input;
  }
  HeadScan scan = scan_head(pending(), head_seen_);
  if (scan.state == HeadScan::State::need_more) {
    head_seen_ = pending().size();
    return Progress::need_input;
  }
  head_seen_ = 0;
  if (scan.state == HeadScan::State::refused) {
    refuse(scan.error);
  } else {
    consume(scan.used);
    judge(std::move(scan.head));
  }
  return Progress::made;
}

void Connection::judge(RequestHead head) {
  context_.requests.fetch_add(1, std::memory_order_relaxed);
  keep_alive_ = head.keep_alive();
  head_only_ = head.method() == "HEAD";
  http_1_0_ = head.minor_version() == 0;
  since_ = context_.loop.now();
  begun_ = std::chrono::steady_clock::now();

  const Router& router = *context_.router;
  auto path = decode_path(head.target());
  RouteTable::Match match =
      path ? router.table.find(head.method(), *path, kind_) : RouteTable::Match{};
  partial_ = std::make_unique<PartialRequest>();
  partial_->route = route_ = match.route;
  partial_->has_body = head.chunked() || head.content_length().value_or(0) > 0;
  partial_->expects_continue = head.expects_continue();
  Request& request = partial_->request;
  request.head = std::move(head);
  const bool decoded = path.has_value();
  if (decoded) request.path = *std::move(path);
  request.captures = std::move(match.captures);
  request.peer = peer_;
  request.loopback = local_ && !came_through_proxy(request.head);
  request.listener = kind_;
  const RequestHead& judged = request.head;

  request_id_ = context_.request_ids.choose(judged.field("X-Request-Id").value_or(""));
  request.id = request_id_;
  Judgement judgement = context_.guard.judge(judged, match.route, match.allow);
  origin_ = judgement.origin;
  // Checks that cost a guesser or a crawler as little as us, before any look-up.
  const bool limited = match.route == nullptr || !match.route->is_open();
  if (limited && !within_limit(context_.limits.take_address(peer_, local_))) return;
  if (judgement.answer) return reject(std::move(*judgement.answer));
  if (!decoded || !query_escapes_are_plain(judged.target())) {
    return reject(Response::error(400, "The request target has a malformed percent-escape."));
  }
  if (match.route == nullptr && !match.allow.empty()) {
    return reject(Response::error(405, "This endpoint answers " + match.allow + ".")
                      .with_header("Allow", match.allow));
  }
  if (match.route == nullptr) {
    return reject(Response::error(404, router.table.missing(request.path, kind_)));
  }
  if (!judge_access(request, *match.route)) return;
  const Route& route = *match.route;
  const std::uint64_t limit = route.upload ? UINT64_MAX : route.body_limit;
  if (judged.content_length().value_or(0) > limit) {
    return reject(
        Response::error(413, "The body may have " + std::to_string(limit) + " bytes here."));
  }
  partial_->decoder = BodyDecoder::of(judged, limit);
  if (route.upload) return open_upload();
  if (route.judge) return ask_judge();
  begin_body();
}

void Connection::begin_body() {
  phase_ = Phase::body;
  since_ = context_.loop.now();
  if (partial_->expects_continue && partial_->has_body && pending().empty()) {
    if (out_.empty()) write_since_ = since_;
    out_.tail().append("HTTP/1.1 100 Continue\r\n\r\n");
  }
}

bool Connection::judge_access(Request& request, const Route& route) {
  AccessVerdict verdict{.access = rpc::Access::everything()};
  if (Gatekeeper* const gatekeeper = context_.options.gatekeeper) {
    verdict = gatekeeper->judge(request.head, &route, peer_, request.loopback);
  }
  request.access = access_ = std::move(verdict.access);
  request.party = party_ = party_of(*access_, peer_, local_, number_);
  if (context_.options.gatekeeper == nullptr) return true;
  if (!verdict.refusal) return within_limit(context_.limits.take_key(*access_));
  if (verdict.delay > 0) {
    reject_late(std::move(*verdict.refusal), verdict.delay);
  } else {
    reject(std::move(*verdict.refusal));
  }
  return false;
}

// The request goes to the judge and comes back with what the judge read.
void Connection::ask_judge() {
  phase_ = Phase::running;
  exchange_ = make_exchange();
  const Route& route = *partial_->route;
  base::UniqueFunction<void()> work = [router = context_.router, &route,
                                       request = std::move(partial_->request),
                                       exchange = exchange_]() mutable {
    const base::Cancellation closed = exchange->closed();
    const std::string party = request.party;
    const base::CancelScope scope(closed, party);
    auto refusal = router->judge(route, request);
    exchange->with_connection([request = std::move(request),
                               refusal = std::move(refusal)](Connection& connection) mutable {
      connection.on_judged(std::move(request), std::move(refusal));
    });
  };
  if (!submit(std::move(work))) {
    on_judged({}, Response::error(503, "Too many requests wait. Try again in a second.")
                      .with_header("Retry-After", "1"));
  }
}

void Connection::on_judged(Request request, std::optional<Response> refusal) {
  if (phase_ != Phase::running || !partial_) return;
  if (const auto exchange = std::move(exchange_)) exchange->unlink();
  partial_->request = std::move(request);
  if (refusal) {
    reject(*std::move(refusal));
  } else {
    begin_body();
  }
  pump();
}

bool Connection::within_limit(base::Millis wait) {
  if (wait == 0) return true;
  context_.rate_limited.fetch_add(1, std::memory_order_relaxed);
  reject(Response::error(429, "Too many requests. Wait before the next.")
             .with_header("Retry-After", std::to_string((wait + 999) / 1000)));
  return false;
}

Connection::Progress Connection::step_body() {
  PartialRequest& partial = *partial_;
  const std::size_t used = context_.buffered_bodies.load(std::memory_order_relaxed);
  const std::size_t most = context_.options.max_buffered_bodies;
  std::string& body = partial.request.body;
  const std::size_t before = body.size();
  // Large bodies, which together may fill the buffers, leave room for small ones of others.
  constexpr std::size_t kSmallShare = 1024;  // a small body: 64 KiB of 64 MiB
  const std::size_t small = most / kSmallShare;
  const std::size_t with_reserve = most + most / 4;
  std::size_t room = most - std::min(most, used);
  if (before < small) {
    room = std::max(room, std::min(small - before, with_reserve - std::min(with_reserve, used)));
  }
  const auto fed = partial.decoder.feed(pending(), body, room);
  consume(fed.used);
  const std::size_t grown = body.size() - before;
  held_ += grown;
  context_.buffered_bodies.fetch_add(grown, std::memory_order_relaxed);
  if (fed.state == BodyDecoder::State::refused) {
    refuse(partial.decoder.error());
    return Progress::made;
  }
  if (fed.state == BodyDecoder::State::done) {
    dispatch();
    return Progress::made;
  }
  if (!pending().empty()) {
    refuse({503, "Too many large requests at once. Try again in a second."});
    return Progress::made;
  }
  if (partial.progressed()) since_ = context_.loop.now();
  return Progress::need_input;
}

std::shared_ptr<Exchange> Connection::make_exchange() {
  auto exchange = std::make_shared<Exchange>(context_.gate, *this);
  if (half_closed_) exchange->end_input();
  return exchange;
}

bool Connection::submit(base::UniqueFunction<void()>&& work) {
  return context_.workers.submit(party_, std::move(work), exchange_.get());
}

bool Connection::submit_rest(base::UniqueFunction<void()>&& work) {
  return context_.workers.submit_rest(party_, std::move(work), exchange_.get());
}

void Connection::dispatch() {
  phase_ = Phase::running;
  since_ = context_.loop.now();
  const Route& route = *partial_->route;
  Request request = std::move(partial_->request);
  partial_.reset();
  if (auto known = context_.router->recall(route, request)) {
    ++recalled_;
    return on_answer(*std::move(known));
  }
  exchange_ = make_exchange();
  const auto exchange = exchange_;
  if (route.on_loop) return context_.router->run(route, std::move(request), Responder(exchange));
  base::UniqueFunction<void()> work = [router = context_.router, &route,
                                       request = std::move(request),
                                       responder = Responder(exchange)]() mutable {
    router->run(route, std::move(request), std::move(responder));
  };
  if (!submit(std::move(work))) {
    exchange->answer(Response::error(503, "Too many requests wait. Try again in a second.")
                         .with_header("Retry-After", "1"));
  }
}

}  // namespace gateway
