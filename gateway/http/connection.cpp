#include "gateway/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log_record.h"
#include "gateway/auth/gatekeeper.h"
#include "gateway/http/incoming.h"
#include "gateway/http/path.h"
#include "gateway/http/response_head.h"
#include "gateway/http/transfer.h"

namespace gateway {
namespace {

constexpr std::size_t kReadBudget =
    256 * 1024;                                 // a pass, so that one client does not hold the loop
constexpr std::size_t kMaxUnsent = 256 * 1024;  // of answers nobody reads, then no request is taken
constexpr base::Millis kLinger = 5'000;         // for a refused client to notice and stop sending
constexpr base::Millis kHalfClosedPatience = 30'000;
constexpr std::size_t kKeptCapacity = 512;

}  // namespace

Connection::Connection(ServerContext& context, AcceptedSocket socket)
    : context_(context),
      fd_(std::move(socket.fd)),
      slot_(std::move(socket.slot)),
      peer_(std::move(socket.peer)),
      local_(socket.local),
      kind_(socket.kind),
      since_(context.loop.now()),
      timer_(context.loop, [this] { on_timer(); }) {}

Connection::~Connection() { release_body(); }

base::Result<> Connection::watch() {
  EDGE_CHECK(context_.loop.add(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this));
  settle();
  return {};
}

// ---- the machine -------------------------------------------------------------------------------

void Connection::on_io(std::uint32_t events) {
  if (phase_ == Phase::closed) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close();
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0) writable_ = true;
  if ((events & EPOLLRDHUP) != 0 && !half_closed_) {
    half_closed_ = true;
    if (phase_ == Phase::running) since_ = context_.loop.now();
  }
  pump();
}

void Connection::pump() {
  if (pumping_ || phase_ == Phase::closed) return;
  pumping_ = true;
  std::size_t budget = kReadBudget;
  while (phase_ != Phase::closed) {
    if (!flush()) break;
    if (close_after_flush_) {
      if (!out_.empty()) break;
      if (linger_after_flush_ && !eof_) {
        start_linger();
      } else {
        close();
      }
      continue;
    }
    if (out_.size() > kMaxUnsent && phase_ != Phase::sending) break;
    const Progress progress = step();
    if (progress == Progress::made) continue;
    if (progress == Progress::wait || !readable_) break;
    if (budget == 0) {
      context_.serve_again(*this);
      break;
    }
    read_some(budget);
  }
  pumping_ = false;
  if (phase_ != Phase::closed) settle();
}

Connection::Progress Connection::step() {
  switch (phase_) {
    case Phase::head:
      return step_head();
    case Phase::body:
      return step_body();
    case Phase::upload:
      return step_upload();
    case Phase::linger:
      consume(pending().size());
      return Progress::need_input;
    case Phase::sending:
      request_download_chunk();
      return phase_ == Phase::sending ? Progress::wait : Progress::made;
    case Phase::running:
    case Phase::closed:
      return Progress::wait;
  }
  return Progress::wait;
}

void Connection::read_some(std::size_t& budget) {
  auto& scratch = context_.scratch;
  const ssize_t got = eof_ ? 0 : ::recv(fd_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EINTR) return;
    readable_ = false;
    if (errno != EAGAIN && errno != EWOULDBLOCK) close();
    return;
  }
  if (got == 0) {
    // Nothing more will come: between requests that is a goodbye, within one a broken request.
    eof_ = true;
    close_after_flush_ = true;
    return;
  }
  if (pending().empty()) {
    in_.clear();
    in_at_ = 0;
    if (phase_ == Phase::head) since_ = context_.loop.now();
  } else if (in_at_ > 0) {
    in_.erase(0, in_at_);
    in_at_ = 0;
  }
  const auto size = static_cast<std::size_t>(got);
  in_.append(scratch.data(), size);
  // A short read emptied the socket: what comes later is a new edge. (A FIN was its own event.)
  if (size < scratch.size() && !half_closed_) readable_ = false;
  budget -= std::min(budget, size);
}

bool Connection::flush() {
  if (out_.empty() || !writable_) return true;
  bool written = false;
  switch (out_.write_to(fd_.get(), written)) {
    case OutBuffer::Write::all:
      break;
    case OutBuffer::Write::blocked:
      writable_ = false;
      break;
    case OutBuffer::Write::broken:
      close();
      return false;
  }
  if (written) write_since_ = context_.loop.now();
  return true;
}

// Gives back what an idle connection does not need and says by when something must have happened.
void Connection::settle() {
  if (pending().empty()) {
    if (in_.capacity() > kKeptCapacity) in_ = {};
    in_.clear();
    in_at_ = 0;
  }
  deadline_ = next_deadline();
  // A timer that is too early finds out when it fires; that is cheaper than moving it per request.
  if (deadline_ != 0 && (!timer_.armed() || timer_.deadline() > deadline_))
    timer_.arm_at(deadline_);
  count_unsent(out_.size());
  if (context_.unsent > context_.options.max_unsent) context_.shed_unsent();  // maybe this one
}

base::Millis Connection::next_deadline() const {
  const HttpOptions& options = context_.options;
  if (phase_ == Phase::linger) return since_ + kLinger;
  if (!out_.empty()) return write_since_ + options.write_timeout;
  switch (phase_) {
    case Phase::head:
      return since_ + (pending().empty() ? options.idle_timeout : options.head_timeout);
    case Phase::body:
      return since_ + options.body_timeout;
    case Phase::upload:
      return upload_->busy ? 0 : since_ + options.body_timeout;
    // A client that closed its side may be gone for good; a parked request would never find out.
    case Phase::running:
      return half_closed_ ? since_ + kHalfClosedPatience : 0;
    default:
      return 0;
  }
}

void Connection::on_timer() {
  if (phase_ == Phase::closed || deadline_ == 0) return;
  if (context_.loop.now() < deadline_) return timer_.arm_at(deadline_);
  const bool idle = phase_ == Phase::head && pending().empty();
  const bool waits_for_input =
      phase_ == Phase::head || phase_ == Phase::body || phase_ == Phase::upload;
  if (idle || !waits_for_input || !out_.empty()) return close();
  refuse({408, "The request did not arrive in time."});
  pump();
}

void Connection::start_linger() {
  ::shutdown(fd_.get(), SHUT_WR);
  close_after_flush_ = linger_after_flush_ = false;
  phase_ = Phase::linger;
  since_ = context_.loop.now();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  if (exchange_) exchange_->unlink();
  exchange_.reset();
  if (fd_) context_.loop.remove(fd_.get(), *this);
  fd_.reset();
  slot_.reset();
  timer_.disarm();
  count_unsent(0);
  release_body();
  incoming_.reset();
  download_.reset();
  drop_upload();
  context_.retire(*this);
}

void Connection::count_unsent(std::size_t size) {
  context_.unsent.fetch_add(size - unsent_, std::memory_order_relaxed);  // modulo 2^64
  unsent_ = size;
}

void Connection::release_body() {
  context_.buffered_bodies.fetch_sub(held_, std::memory_order_relaxed);
  held_ = 0;
}

// ---- requests ----------------------------------------------------------------------------------

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
  const auto path = decode_path(head.target());
  const RouteTable::Match match =
      path ? router.table.find(head.method(), *path, kind_) : RouteTable::Match{};
  incoming_ = std::make_unique<Incoming>();
  incoming_->head = std::move(head);
  incoming_->route = route_ = match.route;
  const RequestHead& judged = incoming_->head;

  request_id_ = context_.request_ids.choose(judged.field("X-Request-Id").value_or(""));
  Judgement judgement = context_.guard.judge(judged, match.route, match.allow);
  origin_ = judgement.origin;
  // What costs the guesser or the crawler as little as us: before anything is looked up.
  const bool limited = match.route == nullptr || !match.route->is_open();
  if (limited && !within_limit(context_.limits.take_address(peer_, local_))) return;
  if (judgement.answer) return reject(std::move(*judgement.answer));
  if (!path || !query_escapes_are_plain(judged.target())) {
    return reject(Response::error(400, "The request target has a malformed percent-escape."));
  }
  if (match.route == nullptr && !match.allow.empty()) {
    return reject(Response::error(405, "This endpoint answers " + match.allow + ".")
                      .with_header("Allow", match.allow));
  }
  if (match.route == nullptr) {
    return reject(
        Response::error(404, "No such endpoint. Try " + router.table.endpoints(kind_) + "."));
  }
  if (!admit(judged, *match.route)) return;
  const Route& route = *match.route;
  const std::uint64_t limit = route.upload ? UINT64_MAX : route.body_limit;
  if (judged.content_length().value_or(0) > limit) {
    return reject(
        Response::error(413, "The body may have " + std::to_string(limit) + " bytes here."));
  }
  incoming_->decoder = BodyDecoder::of(judged, limit);
  if (route.upload) return open_upload();
  if (route.judge) return ask_judge();
  begin_body();
}

void Connection::begin_body() {
  phase_ = Phase::body;
  since_ = context_.loop.now();
  if (incoming_->head.expects_continue() && incoming_->has_body() && pending().empty()) {
    if (out_.empty()) write_since_ = since_;
    out_.tail().append("HTTP/1.1 100 Continue\r\n\r\n");
  }
}

bool Connection::admit(const RequestHead& head, const Route& route) {
  access_ = rpc::Access::everything();
  if (context_.options.gatekeeper == nullptr) return true;
  Admission admission =
      context_.options.gatekeeper->admit(head, &route, peer_, local_ && !came_through_proxy(head));
  access_ = std::move(admission.access);
  if (!admission.refusal) return within_limit(context_.limits.take_key(*access_));
  if (admission.delay > 0) {
    reject_late(std::move(*admission.refusal), admission.delay);
  } else {
    reject(std::move(*admission.refusal));
  }
  return false;
}

// The judge sees a copy of the head: it is needed again for the request itself.
void Connection::ask_judge() {
  phase_ = Phase::running;
  exchange_ = std::make_shared<Exchange>(context_.gate, *this);
  const Route& route = *incoming_->route;
  Request request;
  request.head = incoming_->head;
  request.peer = peer_;
  request.loopback = local_ && !came_through_proxy(request.head);
  request.listener = kind_;
  request.access = access_;
  request.id = request_id_;
  base::UniqueFunction<void()> work = [router = context_.router, &route,
                                       request = std::move(request),
                                       exchange = exchange_]() mutable {
    auto refusal = router->judge(route, request);
    exchange->with_connection([refusal = std::move(refusal)](Connection& connection) mutable {
      connection.on_judged(std::move(refusal));
    });
  };
  if (!context_.workers.submit(std::move(work))) {
    on_judged(Response::error(503, "Too many requests wait. Try again in a second.")
                  .with_header("Retry-After", "1"));
  }
}

void Connection::on_judged(std::optional<Response> refusal) {
  if (phase_ != Phase::running || !incoming_) return;
  exchange_->unlink();
  exchange_.reset();
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
  Incoming& incoming = *incoming_;
  const std::size_t used = context_.buffered_bodies.load(std::memory_order_relaxed);
  const std::size_t most = context_.options.max_buffered_bodies;
  const std::size_t before = incoming.body.size();
  const auto fed = incoming.decoder.feed(pending(), incoming.body, most - std::min(most, used));
  consume(fed.used);
  const std::size_t grown = incoming.body.size() - before;
  held_ += grown;
  context_.buffered_bodies.fetch_add(grown, std::memory_order_relaxed);
  if (fed.state == BodyDecoder::State::refused) {
    refuse(incoming.decoder.error());
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
  if (incoming.progressed()) since_ = context_.loop.now();
  return Progress::need_input;
}

Request Connection::make_request() {
  Request request;
  request.head = std::move(incoming_->head);
  request.body = std::move(incoming_->body);
  request.peer = peer_;
  request.loopback = local_ && !came_through_proxy(request.head);
  request.listener = kind_;
  request.access = access_;
  request.id = request_id_;
  return request;
}

void Connection::dispatch() {
  phase_ = Phase::running;
  since_ = context_.loop.now();
  exchange_ = std::make_shared<Exchange>(context_.gate, *this);
  const Route& route = *incoming_->route;
  Request request = make_request();
  incoming_.reset();
  const auto exchange = exchange_;
  if (route.on_loop) return context_.router->run(route, std::move(request), Responder(exchange));
  base::UniqueFunction<void()> work = [router = context_.router, &route,
                                       request = std::move(request),
                                       responder = Responder(exchange)]() mutable {
    router->run(route, std::move(request), std::move(responder));
  };
  if (!context_.workers.submit(std::move(work))) {
    exchange->answer(Response::error(503, "Too many requests wait. Try again in a second.")
                         .with_header("Retry-After", "1"));
  }
}

// ---- answers -----------------------------------------------------------------------------------

void Connection::on_answer(Response response) {
  if (phase_ == Phase::upload) return;  // answered before the body ended: finish() comes later
  release_body();
  write(std::move(response));
  pump();
}

void Connection::note_answer(Response& response) {
  if (request_id_.empty()) request_id_ = context_.request_ids.choose("");  // it was no request
  response.headers.emplace_back("X-Request-Id", request_id_);
  context_.guard.allow_origin(origin_, response);
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now() - begun_);
  RouteFigures& figures = route_ == nullptr ? context_.unrouted : *route_->figures;
  figures.add(response.status, static_cast<std::uint64_t>(took.count()));
  using base::log::Level;
  const Level level = response.status == 500 ? Level::warning : Level::debug;
  if (!base::log::enabled(level)) return;
  // The route, never the target: what is in a query may be a key.
  base::log::record(level, "answered",
                    {{"method", std::string_view(route_ == nullptr ? "?" : route_->method)},
                     {"endpoint", std::string_view(route_ == nullptr ? "(none)" : route_->path)},
                     {"status", std::int64_t{response.status}},
                     {"ms", static_cast<double>(took.count()) / 1e6},
                     {"key", std::string_view(access_ ? access_->key_id() : "")},
                     {"request", std::string_view(request_id_)}});
}

void Connection::write(Response response) {
  keep_alive_ = keep_alive_ && !response.close && !context_.stopping;
  if (response.take_over) return hand_over(std::move(response));
  note_answer(response);
  const bool bodyless = response.status == 204 || response.status == 304;
  if (bodyless) response.body.clear(), response.source.reset();
  const std::uint64_t length = response.source ? response.source->size() : response.body.size();
  if (out_.empty()) write_since_ = context_.loop.now();
  append_response_head(out_.tail(), response,
                       {.length = length,
                        .keep_alive = keep_alive_,
                        .http_1_0 = http_1_0_,
                        .date = context_.date()});
  if (head_only_ || bodyless) return finish_answer();
  if (response.source == nullptr) {
    out_.append_body(std::move(response.body));
    return finish_answer();
  }
  if (!exchange_) exchange_ = std::make_shared<Exchange>(context_.gate, *this);
  download_ = std::make_shared<DownloadState>();
  download_->source = std::move(response.source);
  download_->left = length;
  phase_ = Phase::sending;
}

void Connection::finish_answer() {
  if (exchange_) exchange_->unlink();
  exchange_.reset();
  access_.reset();
  route_ = nullptr;
  origin_ = kNoOrigin;
  request_id_.clear();
  incoming_.reset();
  download_.reset();
  drop_upload();
  phase_ = Phase::head;
  since_ = context_.loop.now();
  if (!keep_alive_) close_after_flush_ = true;
}

void Connection::hand_over(Response response) {
  keep_alive_ = false;
  note_answer(response);
  append_response_head(
      out_.tail(), response,
      {.length = {}, .keep_alive = false, .http_1_0 = http_1_0_, .date = context_.date()});
  context_.loop.remove(fd_.get(), *this);
  StreamSocket socket{std::move(fd_), out_.take(), peer_, std::move(slot_), std::move(access_)};
  auto take_over = std::move(response.take_over);
  close();
  take_over(std::move(socket));
}

void Connection::reject(Response response) {
  // A body that is not read would be taken for the next request: after it this connection ends,
  // but not before the client had time to read why.
  if (incoming_->has_body()) {
    response.close = true;
    linger_after_flush_ = true;
  }
  write(std::move(response));
}

// Nothing more is read from such a client, and its connection ends with the answer.
void Connection::reject_late(Response response, base::Millis delay) {
  response.close = true;
  linger_after_flush_ = true;
  phase_ = Phase::running;
  exchange_ = std::make_shared<Exchange>(context_.gate, *this);
  context_.answer_late(exchange_, std::move(response), delay);
}

void Connection::refuse(const HttpError& error) {
  if (phase_ == Phase::head) begun_ = std::chrono::steady_clock::now();
  context_.refused.fetch_add(1, std::memory_order_relaxed);
  if (exchange_) exchange_->unlink();
  exchange_.reset();
  release_body();
  consume(pending().size());
  Response response = Response::error(error.status, error.message);
  response.close = true;
  linger_after_flush_ = true;
  write(std::move(response));
}

void Connection::begin_stop() {
  if (phase_ == Phase::head) close_after_flush_ = true;
  if (phase_ == Phase::linger) return close();
  pump();
}

void Connection::give_up() {
  if (exchange_ && phase_ == Phase::running) {
    // The exchange stays alive through its own answer.
    const auto exchange = exchange_;
    exchange->answer(Response::error(503, "The gateway is stopping. Try again when it is back."));
  }
  if (phase_ != Phase::closed) close();
}

}  // namespace gateway
