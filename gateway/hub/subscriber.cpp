#include "gateway/hub/subscriber.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "gateway/hub/frame_text.h"
#include "gateway/loop/vanished.h"

namespace gateway {
namespace {

constexpr std::size_t kSendBytes = 256 * 1024;   // at most about this much a system call
constexpr std::size_t kPickedBytes = 64 * 1024;  // of frames picked by a filter
constexpr std::size_t kWorthHolding = 4096;      // a longer rest is held, not copied

// What picked frames are gathered in; one for the hub's thread.
struct Picked {
  std::string bytes;
  std::vector<std::pair<std::uint64_t, std::size_t>> ends;  // sequence, where it ends in bytes
};

template <class T>
bool allows(const std::vector<T>& list, T value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

ssize_t send_bytes(int fd, std::string_view bytes) {
  ssize_t sent = 0;
  do {
    sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

bool is_full(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

bool RingFilter::passes(TypeNumber type, base::AccountId account, base::ChatId chat) const {
  return allows(types, type) && (!account.valid() || allows(accounts, account)) &&
         allows(chats, chat);
}

Subscriber::Subscriber(SubscriberHost& host, EventLoop& loop, StreamSocket socket, bool named,
                       std::unique_ptr<RingFilter> filter)
    : host_(host),
      loop_(loop),
      fd_(std::move(socket.fd)),
      slot_(std::move(socket.slot)),
      access_(std::move(socket.access)),
      named_(named),
      pending_(std::move(socket.unsent)),
      filter_(std::move(filter)) {}

Subscriber::~Subscriber() {
  if (link_) link_->subscriber = nullptr;
}

// EPOLLIN is left out: a subscriber has nothing more to say, and what it says stays in the kernel.
base::Result<> Subscriber::watch() {
  return loop_.add(fd_.get(), EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
}

void Subscriber::on_io(std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return close();
  writable_ = true;
  if (deliver()) host_.behind(*this);
}

void Subscriber::close() {
  if (!fd_) return;
  loop_.remove(fd_.get(), *this);
  fd_.reset();
  slot_.reset();
  if (link_) link_->subscriber = nullptr;
  host_.closed(*this);
}

std::shared_ptr<ReplayLink> Subscriber::link() {
  if (!link_) link_ = std::make_shared<ReplayLink>(ReplayLink{this});
  return link_;
}

bool Subscriber::wants(const EventFrame& frame, TypeNumber type) const {
  return !filter_ || filter_->passes(type, frame.account, frame.chat);
}

void Subscriber::begin_replay(base::EventId id) {
  live_ = false;
  after_ = id;
}

void Subscriber::join(base::EventId id) {
  const Ring& ring = host_.ring();
  after_ = id;
  next_ = std::max(ring.first(), ring.sequence_after(id));
  skipping_ = id > ring.last_id();
  live_ = true;
}

// What was begun and did not fit: a held rest comes before everything in pending_.
std::string_view Subscriber::waiting() const {
  if (held_) return std::string_view(held_->bytes).substr(held_at_, held_end_ - held_at_);
  return std::string_view(pending_).substr(pending_at_);
}

bool Subscriber::flush() {
  for (std::string_view rest = waiting(); !rest.empty(); rest = waiting()) {
    const ssize_t sent = send_bytes(fd_.get(), rest);
    if (sent < 0) {
      writable_ = false;
      if (!is_full(errno)) close();
      return false;
    }
    std::size_t& at = held_ ? held_at_ : pending_at_;
    at += static_cast<std::size_t>(sent);
    if (held_ && held_at_ == held_end_) held_.reset();
  }
  pending_ = {};  // an idle stream keeps no buffer
  pending_at_ = 0;
  return true;
}

bool Subscriber::deliver() {
  if (!fd_) return false;
  if (access_->ended()) {  // its key was revoked or has expired
    close();
    return false;
  }
  if (!writable_) return false;
  if (!waiting().empty() && !flush()) return false;
  if (!live_) {
    if (!reading_) {
      reading_ = true;
      host_.read_log(*this);
    }
    return false;
  }
  if (dropped_ > 0) {
    append_lag(pending_, host_.ring().floor(), dropped_);
    dropped_ = 0;
    if (!flush()) return false;
  }
  if (next_ == host_.ring().end()) return false;
  return filter_ || named_ || skipping_ ? send_picked() : send_plain();
}

bool Subscriber::send_plain() {
  static thread_local std::vector<iovec> pieces;
  const Ring& ring = host_.ring();
  const std::uint64_t end = ring.collect(next_, pieces, kSendBytes);
  std::size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    writable_ = false;
    if (!is_full(errno)) close();
    return false;
  }
  std::size_t left = static_cast<std::size_t>(sent);
  if (left == total) {
    host_.count_delivery(end - next_);
    next_ = end;
    return next_ < ring.end();
  }
  writable_ = false;
  const std::uint64_t begin = next_;
  while (left >= ring.frame(next_).size) left -= ring.frame(next_++).size;
  if (left > 0) {
    const std::string_view rest = ring.text(next_).substr(left);
    if (rest.size() > kWorthHolding) {
      held_ = ring.block_of(next_);
      held_end_ = ring.frame(next_).offset + ring.frame(next_).size;
      held_at_ = held_end_ - rest.size();
    } else {
      pending_.assign(rest);
    }
    ++next_;
  }
  host_.count_delivery(next_ - begin);
  return false;
}

bool Subscriber::send_picked() {
  static thread_local Picked picked;
  picked.bytes.clear();
  picked.ends.clear();
  const Ring& ring = host_.ring();
  std::uint64_t at = next_;
  for (; at < ring.end() && picked.bytes.size() < kPickedBytes; ++at) {
    const RingFrame& frame = ring.frame(at);
    if (frame.id <= after_) continue;
    skipping_ = false;
    if (filter_ && !filter_->passes(frame.type, frame.account, frame.chat)) continue;
    if (named_) append_event_name(picked.bytes, ring.type_name(frame.type));
    picked.bytes.append(ring.text(at));
    picked.ends.emplace_back(at, picked.bytes.size());
  }
  if (picked.bytes.empty()) {
    next_ = at;
    return next_ < ring.end();
  }
  const ssize_t sent = send_bytes(fd_.get(), picked.bytes);
  if (sent < 0) {
    writable_ = false;
    if (!is_full(errno)) close();
    return false;
  }
  const auto size = static_cast<std::size_t>(sent);
  if (size == picked.bytes.size()) {
    host_.count_delivery(picked.ends.size());
    next_ = at;
    return next_ < ring.end();
  }
  writable_ = false;
  std::size_t begun = 0;
  std::size_t begin = 0;  // of the frame at hand
  for (const auto& [sequence, end] : picked.ends) {
    if (begin >= size) break;
    ++begun;
    next_ = sequence + 1;
    if (end > size) pending_.assign(picked.bytes, size, end - size);
    begin = end;
  }
  host_.count_delivery(begun);
  return false;
}

std::uint64_t Subscriber::forget_below(std::uint64_t sequence) {
  if (!live_ || next_ >= sequence) return 0;
  std::uint64_t missed = 0;
  if (!filter_ && !skipping_) {
    missed = sequence - next_;
  } else {
    for (; next_ < sequence; ++next_) {
      const RingFrame& frame = host_.ring().frame(next_);
      if (frame.id > after_ &&
          (!filter_ || filter_->passes(frame.type, frame.account, frame.chat))) {
        ++missed;
      }
    }
  }
  next_ = sequence;
  dropped_ += missed;
  return missed;
}

void Subscriber::ping(base::Millis silence_allowed) {
  if (!fd_) return;
  if (access_->ended() || peer_vanished(fd_.get(), silence_allowed)) return close();
  if (!writable_ || !waiting().empty()) return;
  std::optional<base::EventId> position;
  // Behind a filter a client sees few ids; this keeps its Last-Event-ID near the present.
  if (filter_ && dropped_ == 0) {
    position = after_;
    const Ring& ring = host_.ring();
    if (live_ && next_ > ring.first()) position = std::max(after_, ring.frame(next_ - 1).id);
  }
  append_ping(pending_, position);
  flush();
}

}  // namespace gateway
