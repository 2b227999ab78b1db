#include "gateway/hub/subscriber.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "gateway/loop/vanished.h"

namespace gateway {

// What picked frames are gathered in; one for the hub's thread.
struct Subscriber::Picked {
  std::string bytes;
  std::string text;                                         // of one frame
  std::vector<std::pair<std::uint64_t, std::size_t>> ends;  // sequence, where it ends in bytes
};

namespace {

constexpr std::size_t kSendBytes = 256 * 1024;   // at most about this much a system call
constexpr std::size_t kPickedBytes = 64 * 1024;  // of frames picked by a filter
constexpr std::size_t kWorthHolding = 4096;      // a longer rest is held, not copied

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

bool RingFilter::passes(Token type, Token channel, base::AccountId account,
                        base::ChatId chat) const {
  if (!allows(types, type)) return false;
  if (channel != 0) return std::find(channels.begin(), channels.end(), channel) != channels.end();
  return asked->messages && (!account.valid() || allows(asked->accounts, account)) &&
         allows(asked->chats, chat);
}

bool RingFilter::fits(const Properties& where) const {
  return std::all_of(where.begin(), where.end(), [&](const auto& wanted) {
    return std::find(properties.begin(), properties.end(), wanted) != properties.end();
  });
}

Subscriber::Subscriber(SubscriberHost& host, EventLoop& loop, StreamSocket socket, bool named,
                       std::unique_ptr<const RingFilter> filter)
    : host_(host),
      loop_(loop),
      fd_(std::move(socket.fd)),
      slot_(std::move(socket.slot)),
      access_(std::move(socket.access)),
      address_(std::move(socket.peer)),
      party_(std::move(socket.party)),
      chunked_(socket.chunked),
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
  // The end of a chunked body, where it can be told: clients then know of no broken answer.
  if (chunked_ && writable_ && waiting().empty()) send_bytes(fd_.get(), kLastChunk);
  loop_.remove(fd_.get(), *this);
  fd_.reset();
  pending_ = {};
  let_go();
  settle();
  slot_.reset();
  if (link_) link_->subscriber = nullptr;
  host_.closed(*this);
}

std::shared_ptr<ReplayLink> Subscriber::link() {
  if (!link_) link_ = std::make_shared<ReplayLink>(ReplayLink{this});
  return link_;
}

std::shared_ptr<const EventFilter> Subscriber::asked() const {
  static const auto everything = std::make_shared<const EventFilter>();
  return filter_ ? filter_->asked : everything;
}

bool Subscriber::listens_to(Token channel) const {
  if (channel == 0) return !filter_ || filter_->asked->messages;
  return filter_ && std::find(filter_->channels.begin(), filter_->channels.end(), channel) !=
                        filter_->channels.end();
}

bool Subscriber::fits(const Properties& where) const {
  return filter_ ? filter_->fits(where) : where.empty();
}

bool Subscriber::append(const EventFrame& frame) {
  const Ring& ring = host_.ring();
  const ChannelPart* channel = frame.channel.get();
  const bool wanted = !filter_
                          ? channel == nullptr
                          : filter_->passes(ring.token(frame.type),
                                            channel == nullptr ? 0 : ring.token(channel->channel),
                                            frame.account, frame.chat) &&
                                (channel == nullptr || filter_->fits(channel->where));
  if (!wanted || (channel == nullptr && frame.id <= messages_after)) return false;
  put_frame(frame);
  return true;
}

void Subscriber::put(std::string_view text) {
  if (chunked_) {
    append_chunk(pending_, text);
  } else {
    pending_ += text;
  }
}

void Subscriber::put_frame(const EventFrame& frame) {
  std::string text;
  const ChannelPart* channel = frame.channel.get();
  if (channel == nullptr && named_) append_event_name(text, frame.type);
  if (channel != nullptr && channel->fill) {
    append_filled_frame(text, frame, filter_ ? filter_->properties : Properties());
  } else {
    append_frame(text, frame);
  }
  put(text);
}

void Subscriber::put_position(base::EventId position) {
  std::string text;
  append_position(text, position, position_end);
  put(text);
}

void Subscriber::put_lag(base::EventId resumes_after, std::optional<std::uint64_t> dropped) {
  std::string text;
  append_lag(text, resumes_after, dropped);
  put(text);
}

bool Subscriber::wants_at(std::uint64_t sequence) const {
  const RingFrame& frame = host_.ring().frame(sequence);
  if (frame.gone) return false;
  if (frame.id <= after_ || (frame.channel == 0 && frame.id <= messages_after)) return false;
  if (!filter_) return frame.channel == 0;
  return filter_->passes(frame.type, frame.channel, frame.account, frame.chat) &&
         (!frame.addressed || filter_->fits(host_.ring().addressed(sequence).channel->where));
}

base::EventId Subscriber::position() const {
  const Ring& ring = host_.ring();
  if (!live_ || next_ <= ring.first()) return after_;
  return std::max(after_, ring.frame(next_ - 1).id);
}

std::uint64_t Subscriber::lag() const {
  if (!live_ && !after_.valid()) return 0;
  const std::uint64_t at = live_ ? next_ : host_.ring().sequence_after(after_);
  return dropped_ + host_.ring().end() - at;
}

SubscriberInfo Subscriber::info() const {
  const auto filter = asked();
  SubscriberInfo info;
  info.channels = filter->channels;
  info.address = address_;
  info.since = since;
  info.position = position();
  info.lag = lag();
  if (filter_) info.properties = filter_->properties;
  return info;
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

// Before anything is sent: what the socket takes or refuses must not decide what was replayed.
void Subscriber::skip_replayed() {
  const Ring& ring = host_.ring();
  while (next_ < ring.end() && ring.frame(next_).id <= after_) ++next_;
  skipping_ = next_ == ring.end();
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
    took_at_ = loop_.now();
    std::size_t& at = held_ ? held_at_ : pending_at_;
    at += static_cast<std::size_t>(sent);
    if (held_ && held_at_ == held_end_) let_go();
  }
  pending_ = {};  // an idle stream keeps no buffer
  pending_at_ = 0;
  return true;
}

bool Subscriber::deliver() {
  const bool more = deliver_some();
  if (live_ && next_ == host_.ring().end()) keeps_up_ = true;
  settle();
  return more && fd_;
}

void Subscriber::settle() {
  keep(kept_, pending_.size());
  kept_ = pending_.size();
  if (keeps_too_much_) close();
}

void Subscriber::keep(std::size_t before, std::size_t now) {
  if (now == before) return;
  const auto more = static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(before);
  if (!host_.keep_bytes(more)) keeps_too_much_ = true;
}

// A short rest is copied; of a long one the block is kept, once for all who stand in it.
void Subscriber::keep_rest(std::uint64_t sequence, std::size_t size) {
  const Ring& ring = host_.ring();
  const RingFrame& frame = ring.frame(sequence);
  if (size <= kWorthHolding) {
    pending_.assign(ring.chunk(sequence).substr(frame.size - size));
    return;
  }
  held_ = ring.block_of(sequence);
  if (held_->holders++ == 0) {
    held_->held = held_->bytes.size();
    keep(0, held_->held);
  }
  held_end_ = frame.offset + frame.size;
  held_at_ = held_end_ - size;
}

void Subscriber::let_go() {
  if (!held_) return;
  if (--held_->holders == 0) keep(held_->held, 0);
  held_.reset();
}

bool Subscriber::deliver_some() {
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
    put_lag(host_.ring().floor(), dropped_);
    dropped_ = 0;
    if (!flush()) return false;
  }
  if (skipping_) skip_replayed();
  if (next_ == host_.ring().end()) return false;
  // As it lies in the ring.
  const bool plain = chunked_ && !filter_ && !named_ && host_.ring().plain_from(next_);
  return plain ? send_plain() : send_picked();
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
  took_at_ = loop_.now();
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
    keep_rest(next_, ring.frame(next_).size - left);
    ++next_;
  }
  host_.count_delivery(next_ - begin);
  return false;
}

// The text of a frame as this one gets it, framed as it wants it.
void Subscriber::pick(Picked& picked, std::uint64_t sequence) const {
  const Ring& ring = host_.ring();
  const RingFrame& frame = ring.frame(sequence);
  const bool named = named_ && frame.channel == 0;
  const bool filled = frame.addressed && ring.addressed(sequence).channel->fill;
  if (!named && !filled) {
    picked.bytes.append(chunked_ ? ring.chunk(sequence) : ring.text(sequence));
    return;
  }
  picked.text.clear();
  if (named) append_event_name(picked.text, ring.type_name(frame.type));
  if (filled) {
    append_filled_frame(picked.text, ring.addressed(sequence), filter_->properties);
  } else {
    picked.text.append(ring.text(sequence));
  }
  if (chunked_) {
    append_chunk(picked.bytes, picked.text);
  } else {
    picked.bytes.append(picked.text);
  }
}

// How many bytes at the end of what was picked are those at the end of the frame's chunk in the
// ring, so that its block can be held for them.
std::size_t Subscriber::shared_end(std::uint64_t sequence) const {
  const RingFrame& frame = host_.ring().frame(sequence);
  return chunked_ ? frame.size - frame.chunk_start : 0;
}

bool Subscriber::send_picked() {
  static thread_local Picked picked;
  picked.bytes.clear();
  picked.ends.clear();
  const Ring& ring = host_.ring();
  std::uint64_t at = next_;
  for (; at < ring.end() && picked.bytes.size() < kPickedBytes; ++at) {
    if (!wants_at(at)) continue;
    pick(picked, at);
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
  took_at_ = loop_.now();
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
    if (end > size && end - size <= shared_end(sequence)) {
      keep_rest(sequence, end - size);
    } else if (end > size) {  // filled in for this one, or cut before the event's own text
      pending_.assign(picked.bytes, size, end - size);
    }
    begin = end;
  }
  host_.count_delivery(begun);
  return false;
}

std::uint64_t Subscriber::forget_below(std::uint64_t sequence) {
  if (!live_ || next_ >= sequence) return 0;
  std::uint64_t missed = 0;
  if (!filter_ && !skipping_ && host_.ring().plain_from(next_)) {
    missed = sequence - next_;
  } else {
    for (std::uint64_t at = next_; at < sequence; ++at) missed += wants_at(at) ? 1U : 0U;
  }
  next_ = sequence;
  dropped_ += missed;
  if (missed > 0) keeps_up_ = false;
  return missed;
}

void Subscriber::ping(base::Millis silence_allowed) {
  if (!fd_) return;
  if (access_->ended() || peer_vanished(fd_.get(), silence_allowed)) return close();
  if (!writable_ || !waiting().empty()) return;
  std::optional<base::EventId> position;
  // Behind a filter a client sees few ids; this keeps its Last-Event-ID near the present. Not
  // before it is live: what comes first has no ids but the last, and must not be taken for
  // received.
  const bool sees_few = filter_ || !host_.ring().plain_from(host_.ring().first());
  if (live_ && sees_few && dropped_ == 0 && this->position().valid()) position = this->position();
  std::string text;
  append_ping(text, position, position_end);
  put(text);
  flush();
  settle();
}

}  // namespace gateway
