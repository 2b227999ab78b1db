#include "gateway/ws/session.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/cancel_scope.h"
#include "base/log.h"
#include "gateway/ws/context.h"

namespace gateway {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kWireBytes = 64 * 1024;
constexpr base::Millis kTick = 5'000;
constexpr base::Millis kRetry = 20;             // when the workers take no more of this party
constexpr base::Millis kPingAfter = 25'000;     // of silence
constexpr base::Millis kSilence = 75'000;       // then it is gone
constexpr base::Millis kTakesNothing = 60'000;  // as an answer of HTTP
constexpr base::Millis kSlowMessage = 30'000;   // as a body of HTTP:
constexpr std::size_t kProgress = 1024;         // within it a message grows by so much, or ends
constexpr base::Millis kCloseGrace = 5'000;     // for the client's side of the closing handshake

bool is_loopback_address(std::string_view peer) {
  return peer == "::1" || peer.starts_with("127.");
}

bool sends_no_more(int fd) {
  pollfd state{fd, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

WebSocketSession::WebSocketSession(WebSocketContext& context, StreamSocket socket,
                                   WebSocketOpening opening)
    : context_(context),
      fd_(std::move(socket.fd)),
      slot_(std::move(socket.slot)),
      peer_(std::move(socket.peer)),
      access_(std::move(socket.access)),
      caller_{.loopback = opening.loopback,
              .restricted_paths = opening.restricted_paths,
              .access = access_,
              .closed = closed_.token(),
              .input_ended = input_ended_.token(),
              .party = std::move(opening.party)},
      events_(std::move(opening.events)),
      frames_(kMaxMessage,
              [this](std::string text) {
                context_.received.fetch_add(1, std::memory_order_relaxed);
                waiting_bytes_ += text.size();
                waiting_.push_back(std::move(text));
              }),
      wire_(std::move(socket.unsent)),
      tick_(context.loop, [this] { on_tick(); }),
      retry_(context.loop, [this] { pump(); }) {
  link_->session = this;
  last_received_at_ = took_at_ = grew_at_ = context_.loop.now();
  frames_.feed(socket.unread);
}

WebSocketSession::~WebSocketSession() = default;

base::Result<> WebSocketSession::open() {
  interest_ = EPOLLIN | EPOLLRDHUP;
  EDGE_CHECK(context_.loop.add(fd_.get(), interest_, *this));
  if (events_) start_feed();
  tick_.arm(kTick);
  pump();
  return {};
}

void WebSocketSession::start_feed() {
  StreamSocket socket{.fd = {},
                      .unsent = {},
                      .peer = peer_,
                      .slot = slot_.another(),
                      .access = access_,
                      .party = caller_.party};
  auto feed = EventFeed::open(
      context_.loop, context_.hub, std::move(socket), *std::exchange(events_, std::nullopt),
      {.on_event = [this](std::string text) { put(rpc::Reply{.text = std::move(text)}); },
       .on_read = [this] { pump(); },
       .on_end =
           [this] {
             // At a stop, calls under way are answered first.
             if (!stopping_) {
               close(CloseCode::going_away,
                     "the stream of events ended: come again with its last id");
             }
             pump();
           }});
  if (feed) {
    feed_ = std::move(*feed);
  } else {
    base::log::warning("a WebSocket gets no events: {}", feed.error().message);
    close(CloseCode::going_away, "the stream of events could not be opened");
  }
}

void WebSocketSession::on_io(std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return drop();
  if ((events & EPOLLRDHUP) != 0) {
    // The client sends nothing more, and may be gone: calls that wait for news end.
    half_closed_ = true;
    input_ended_.cancel();
  }
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && (wants_input() || closing_at_ != 0)) read();
  pump();
}

std::size_t WebSocketSession::unsent() const {
  return out_bytes_ + frames_.waiting() + wire_.size() - wire_at_;
}

bool WebSocketSession::may_call() const {
  return calls_ < kMaxCalls && running_ < kMaxRunning && call_bytes_ < kMaxMessage &&
         unsent() < kPause;
}

bool WebSocketSession::wants_input() const {
  return !closed() && !stopping_ && frames_.reads() && waiting_.empty() && may_call();
}

void WebSocketSession::read() {
  static thread_local std::array<char, kReadBytes> bytes;
  const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return drop();  // without the closing handshake
  if (closing_at_ != 0) return;  // until its own close frame and the end of its bytes
  last_received_at_ = context_.loop.now();
  pinged_ = false;
  const std::size_t before = frames_.partial();
  frames_.feed({bytes.data(), static_cast<std::size_t>(size)});
  const std::size_t partial = frames_.partial();
  if (before == 0 || partial < before || partial - grown_to_ >= kProgress) {
    grown_to_ = partial;
    grew_at_ = last_received_at_;
  }
  // The closing handshake: nobody waits for answers any more.
  if (!frames_.reads()) close(CloseCode::normal, "");
}

// All that can be done now, one answer or message after the other.
void WebSocketSession::pump() {
  if (closed()) return;
  serve();
  flush();
  if (stopping_ && calls_ == 0 && waiting_.empty() && out_.empty()) {
    close(CloseCode::going_away, "the gateway is stopping: try again when it is back");
    flush();
  }
  settle();
}

// The same for connections of HTTP (server/connection_request.cpp).
base::Millis WebSocketSession::wait_for_limits() {
  if (paid_) return 0;
  const base::Millis wait =
      std::max(context_.limits.take_address(peer_, is_loopback_address(peer_)),
               context_.limits.take_key(*access_));
  paid_ = wait == 0;
  return wait;
}

void WebSocketSession::serve() {
  while (!waiting_.empty() && !closed() && closing_at_ == 0 && may_call()) {
    if (const base::Millis wait = wait_for_limits(); wait > 0) {
      retry_.arm(wait);
      return;
    }
    const std::size_t size = waiting_.front().size();
    if (!begin(waiting_.front())) {
      retry_.arm(kRetry);
      return;
    }
    paid_ = false;
    waiting_bytes_ -= size;
    waiting_.pop_front();
  }
}

// False: the workers accept no more, and `body` is unchanged.
bool WebSocketSession::begin(std::string& body) {
  if (auto known = context_.dispatcher.recall(body, caller_)) {
    put(rpc::Reply{.text = *std::move(known)});
    return true;
  }
  const std::size_t size = body.size();
  const auto text = std::make_shared<std::string>(std::move(body));
  const bool taken = context_.workers.submit(
      caller_.party,
      [&dispatcher = context_.dispatcher, caller = caller_, text, size, link = link_,
       gate = context_.gate] {
        const base::CancelScope scope(caller.closed, caller.party);
        dispatcher.handle(std::move(*text), caller, [link, gate, size](rpc::Reply reply) {
          gate->run([link, size, reply = std::move(reply)]() mutable {
            if (link->session != nullptr) link->session->on_answer(std::move(reply), size);
          });
        });
        gate->run([link] {
          if (link->session != nullptr) link->session->on_ran();
        });
      },
      this);
  if (taken) {
    ++calls_;
    ++running_;
    call_bytes_ += size;
  } else {
    body = std::move(*text);
  }
  return taken;
}

void WebSocketSession::on_answer(rpc::Reply reply, std::size_t asked) {
  --calls_;
  call_bytes_ -= asked;
  put(std::move(reply));
  pump();
}

void WebSocketSession::on_ran() {
  --running_;
  if (!waiting_.empty() || (interest_ & EPOLLIN) == 0) pump();
}

void WebSocketSession::put(rpc::Reply reply) {
  if (reply.text.empty() || closing_at_ != 0 || closed()) return;  // its leased items are returned
  out_bytes_ += reply.text.size();
  out_.push_back(std::move(reply));
}

// Nobody waits for the calls under way any more.
void WebSocketSession::close(CloseCode code, std::string_view reason) {
  if (closing_at_ != 0 || closed()) return;
  closing_at_ = std::max<base::Millis>(1, context_.loop.now());
  frames_.close(code, reason);
  waiting_.clear();
  waiting_bytes_ = 0;
  input_ended_.cancel();
  closed_.cancel();
  out_.clear();  // their leased items are returned
  out_bytes_ = 0;
}

void WebSocketSession::flush() {
  while (!closed()) {
    if (wire_at_ == wire_.size()) {
      for (base::Lease& taken : under_way_) taken.arrived();
      under_way_.clear();
      wire_.clear();
      wire_at_ = 0;
      took_at_ = context_.loop.now();
      if (!frame_replies()) break;
    }
    if (!send_wire()) return;
  }
  if (wire_.capacity() > kWireBytes) wire_ = {};  // an idle connection keeps no buffer
  if (!closed() && frames_.close_taken() && !std::exchange(shut_, true)) {
    ::shutdown(fd_.get(), SHUT_WR);
    // A stop does not wait for the client's side of the closing handshake.
    if (stopping_) drop();
  }
}

// Frames what waits, about kWireBytes of it at once. False when there is nothing.
bool WebSocketSession::frame_replies() {
  frames_.take(wire_);
  while (!out_.empty() && wire_.size() < kWireBytes) {
    rpc::Reply reply = std::move(out_.front());
    out_.pop_front();
    out_bytes_ -= reply.text.size();
    // The kernel accepts bytes for a client that has closed, and loses them.
    if (reply.taken && sends_no_more(fd_.get())) {
      drop();
      return false;
    }
    frames_.put_text(reply.text);
    frames_.take(wire_);
    if (reply.taken) under_way_.push_back(std::move(reply.taken));
    context_.sent.fetch_add(1, std::memory_order_relaxed);
  }
  return !wire_.empty();
}

// True when the socket took all of it.
bool WebSocketSession::send_wire() {
  while (wire_at_ < wire_.size()) {
    const ssize_t sent = ::send(fd_.get(), wire_.data() + wire_at_, wire_.size() - wire_at_,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (sent <= 0) {
      drop();
      return false;
    }
    wire_at_ += static_cast<std::size_t>(sent);
    took_at_ = context_.loop.now();
  }
  return true;
}

// Updates the watched events and the held memory, after everything possible was done.
void WebSocketSession::settle() {
  if (closed()) return;
  const bool reads = wants_input() || closing_at_ != 0;
  const std::uint32_t interest = (reads ? EPOLLIN : 0U) |
                                 (wire_at_ < wire_.size() ? EPOLLOUT : 0U) |
                                 (half_closed_ ? 0U : EPOLLRDHUP);
  // Silence, and slowness, while nothing was read is not the client's.
  if (reads && (interest_ & EPOLLIN) == 0) last_received_at_ = grew_at_ = context_.loop.now();
  if (interest != interest_ && !context_.loop.modify(fd_.get(), interest, *this)) return drop();
  interest_ = interest;
  if (feed_) feed_->set_room(unsent() < kPause && closing_at_ == 0);
  const std::size_t held = frames_.partial() + waiting_bytes_ + call_bytes_ + wire_at_ + unsent();
  const auto more = static_cast<std::ptrdiff_t>(held) - static_cast<std::ptrdiff_t>(accounted_);
  accounted_ = held;
  context_.hold(more);  // may drop this
}

void WebSocketSession::on_tick() {
  const base::Millis now = context_.loop.now();
  if (closing_at_ != 0 && now - closing_at_ > kCloseGrace) return drop();
  if (wire_at_ < wire_.size() && now - took_at_ > kTakesNothing) {
    base::log::info("a WebSocket whose client takes nothing is closed");
    return drop();
  }
  if (wants_input()) {
    if (now - last_received_at_ > kSilence) return drop();
    if (frames_.partial() > 0 && now - grew_at_ > kSlowMessage) {
      close(CloseCode::policy, "the message came too slowly");
    } else if (now - last_received_at_ > kPingAfter && !std::exchange(pinged_, true)) {
      frames_.put_ping();
    }
  }
  tick_.arm(kTick);
  pump();
}

void WebSocketSession::begin_stop() {
  stopping_ = true;
  waiting_.clear();
  waiting_bytes_ = 0;
  pump();
}

void WebSocketSession::close_if_ended() {
  if (closed() || !access_->ended()) return;
  close(CloseCode::policy, "the API key was revoked, or has expired");
  pump();
}

void WebSocketSession::drop() {
  if (closed()) return;
  // What was sent is lost to a client whose bytes nobody read: the kernel resets the connection.
  std::array<char, 4096> unread{};
  for (int i = 0; i < 16; ++i) {
    if (::recv(fd_.get(), unread.data(), unread.size(), MSG_DONTWAIT) <= 0) break;
  }
  link_->session = nullptr;
  context_.loop.remove(fd_.get(), *this);
  fd_.reset();
  slot_.reset();
  tick_.disarm();
  retry_.disarm();
  if (feed_) feed_->close();
  context_.workers.remove(caller_.party, this);
  input_ended_.cancel();
  closed_.cancel();
  waiting_.clear();
  out_.clear();  // their leased items are returned
  under_way_.clear();
  wire_ = {};
  context_.hold(-static_cast<std::ptrdiff_t>(std::exchange(accounted_, 0)));
  context_.retire(*this);
}

}  // namespace gateway
