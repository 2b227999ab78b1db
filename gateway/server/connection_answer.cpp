// Connection, the part about answers: written, refused, or given away with the socket.
#include <poll.h>

#include "base/log_record.h"
#include "gateway/http/response_head.h"
#include "gateway/loop/party.h"
#include "gateway/server/connection.h"
#include "gateway/server/partial_request.h"
#include "gateway/server/transfer.h"

namespace gateway {
namespace {

// The client closed its connection, or its side of it, or reset it.
bool sends_no_more(int fd) {
  pollfd state{fd, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

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
  const base::log::Request line_is_of(request_id_);
  // The route, never the target: what is in a query may be a key.
  base::log::record(level, "answered",
                    {{"method", std::string_view(route_ == nullptr ? "?" : route_->method)},
                     {"endpoint", std::string_view(route_ == nullptr ? "(none)" : route_->path)},
                     {"status", std::int64_t{response.status}},
                     {"ms", static_cast<double>(took.count()) / 1e6},
                     {"key", std::string_view(access_ ? access_->key_id() : "")}});
}

void Connection::write(Response response) {
  keep_alive_ = keep_alive_ && !response.close && !context_.stopping;
  if (response.take_over) return release_socket(std::move(response));
  // The kernel accepts bytes for a client that has closed, and loses them: check first.
  if (response.taken && (half_closed_ || sends_no_more(fd_.get()))) return close();
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
    context_.freed(response.body.size());
    out_.append_body(std::move(response.body));
    if (response.taken) {
      receipts_.push_back({sent_ + out_.size(), std::move(response.taken)});
    }
    return finish_answer();
  }
  if (!exchange_) exchange_ = make_exchange();
  download_ = std::make_shared<DownloadState>();
  download_->source = std::move(response.source);
  download_->left = length;
  phase_ = Phase::sending;
}

void Connection::finish_answer() {
  if (const auto exchange = std::move(exchange_)) exchange->unlink();
  access_.reset();
  party_.clear();
  route_ = nullptr;
  origin_ = kNoOrigin;
  request_id_.clear();
  partial_.reset();
  download_.reset();
  drop_upload();
  phase_ = Phase::head;
  since_ = context_.loop.now();
  if (!keep_alive_) close_after_flush_ = true;
}

void Connection::release_socket(Response response) {
  keep_alive_ = false;
  note_answer(response);
  const bool chunked = response.chunked && !http_1_0_;  // HTTP/1.0 knows no Transfer-Encoding
  append_response_head(out_.tail(), response,
                       {.length = {},
                        .chunked = chunked,
                        .upgrade = response.upgrade,
                        .keep_alive = false,
                        .http_1_0 = http_1_0_,
                        .date = context_.date()});
  context_.loop.remove(fd_.get(), *this);
  std::string party = stream_party_of(*access_, peer_, local_);
  StreamSocket socket{.fd = std::move(fd_),
                      .unsent = out_.take(),
                      .peer = peer_,
                      .slot = std::move(slot_),
                      .chunked = chunked,
                      .access = std::move(access_),
                      .party = std::move(party),
                      .unread = std::string(pending())};
  auto take_over = std::move(response.take_over);
  close();
  take_over(std::move(socket));
}

void Connection::reject(Response response) {
  // An unread body would be taken for the next request: this connection ends after the answer, but
  // not before the client had time to read it.
  if (partial_->has_body) {
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
  exchange_ = make_exchange();
  context_.answer_late(exchange_, std::move(response), delay);
}

void Connection::refuse(const HttpError& error) {
  if (phase_ == Phase::head) begun_ = std::chrono::steady_clock::now();
  context_.refused.fetch_add(1, std::memory_order_relaxed);
  if (exchange_) context_.workers.remove(party_, exchange_.get());
  if (const auto exchange = std::move(exchange_)) exchange->unlink();
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
