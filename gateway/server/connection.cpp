#include "gateway/server/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "gateway/server/partial_request.h"
#include "gateway/server/transfer.h"

namespace gateway {
namespace {

constexpr std::size_t kReadBudget =
    256 * 1024;                                 // a pass, so that one client does not hold the loop
constexpr std::size_t kMostRecalled = 32;       // answers a pass that cost no way to a worker
constexpr std::size_t kMaxUnsent = 256 * 1024;  // of unread answers; over it no request is read
constexpr base::Millis kLinger = 5'000;         // for a refused client to notice and stop sending
constexpr base::Millis kHalfClosedPatience = 30'000;
constexpr base::Millis kProbeEvery = 250;
constexpr std::size_t kKeptCapacity = 512;

}  // namespace

Connection::Connection(ServerContext& context, AcceptedSocket socket)
    : context_(context),
      fd_(std::move(socket.fd)),
      slot_(std::move(socket.slot)),
      peer_(std::move(socket.peer)),
      local_(socket.local),
      kind_(socket.kind),
      number_(context.next_connection++),
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
  if ((events & EPOLLRDHUP) != 0) end_input();
  pump();
}

// The client sends nothing more: it half-closed, or it closed and the system cannot distinguish the
// two. Parked calls end; answers to others are still sent.
void Connection::end_input() {
  if (half_closed_ || phase_ == Phase::closed) return;
  half_closed_ = true;
  if (phase_ == Phase::running) since_ = probed_ = context_.loop.now();
  if (!receipts_.empty()) return close();  // whether these arrive cannot be known any more
  if (const auto exchange = exchange_) exchange->end_input();
}

void Connection::pump() {
  if (pumping_ || phase_ == Phase::closed) return;
  pumping_ = true;
  std::size_t budget = kReadBudget;
  recalled_ = 0;
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
    if (progress == Progress::made && recalled_ < kMostRecalled) continue;
    if (progress == Progress::wait || (progress == Progress::need_input && !readable_)) break;
    if (budget == 0 || recalled_ >= kMostRecalled) {
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
    // The client sends nothing more: between requests that is a regular end, within one a broken
    // request.
    eof_ = true;
    close_after_flush_ = true;
    return end_input();
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
  const std::size_t before = out_.size();
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
  sent_ += before - out_.size();
  std::erase_if(receipts_, [this](Receipt& receipt) {
    if (receipt.at > sent_) return false;
    receipt.taken.arrived();
    return true;
  });
  return true;
}

// Frees the buffers that an idle connection does not need, and sets the deadline of the next step.
void Connection::settle() {
  if (pending().empty()) {
    if (in_.capacity() > kKeptCapacity) in_ = {};
    in_.clear();
    in_at_ = 0;
  }
  deadline_ = next_deadline();
  // A timer that is too early checks when it fires; that is cheaper than moving it for each
  // request.
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
      if (!half_closed_) return 0;
      if (http_1_0_) return since_ + kHalfClosedPatience;
      return std::min(since_ + kHalfClosedPatience, std::max(since_, probed_) + kProbeEvery);
    default:
      return 0;
  }
}

void Connection::on_timer() {
  if (phase_ == Phase::closed || deadline_ == 0) return;
  if (context_.loop.now() < deadline_) return timer_.arm_at(deadline_);
  if (phase_ == Phase::running && out_.empty() && !http_1_0_ &&
      context_.loop.now() < since_ + kHalfClosedPatience) {
    return probe();
  }
  const bool idle = phase_ == Phase::head && pending().empty();
  const bool waits_for_input =
      phase_ == Phase::head || phase_ == Phase::body || phase_ == Phase::upload;
  if (idle || !waits_for_input || !out_.empty()) return close();
  refuse({408, "The request did not arrive in time."});
  pump();
}

// A client that has closed its connection and one that has half-closed it look the same from here:
// nothing more comes. The system of the first answers whatever is sent with a reset, and then the
// work for it ends. An interim answer is what HTTP/1.1 lets us send at any time (RFC 9110, 15.2).
void Connection::probe() {
  probed_ = context_.loop.now();
  write_since_ = probed_;
  out_.tail().append("HTTP/1.1 100 Continue\r\n\r\n");
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
  if (exchange_) context_.workers.remove(party_, exchange_.get());
  if (const auto exchange = std::move(exchange_)) exchange->unlink();
  receipts_.clear();
  if (fd_) context_.loop.remove(fd_.get(), *this);
  fd_.reset();
  slot_.reset();
  timer_.disarm();
  count_unsent(0);
  release_body();
  partial_.reset();
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
  context_.freed(held_);
  held_ = 0;
}

}  // namespace gateway
