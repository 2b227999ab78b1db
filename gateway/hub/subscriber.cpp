#include "gateway/hub/subscriber.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "gateway/loop/vanished.h"

namespace gateway {

// A buffer for picked frames; one for the hub's thread.
struct Subscriber::Picked {
  std::string bytes;
  std::string text;                                         // of one frame
  std::vector<std::pair<std::uint64_t, std::size_t>> ends;  // sequence, where it ends in bytes
};

namespace {

constexpr std::size_t kSendBytes = 256 * 1024;   // at most about this much a system call
constexpr std::size_t kPickedBytes = 64 * 1024;  // of frames picked by a filter

}  // namespace

Subscriber::Subscriber(SubscriberHost& host, EventLoop& loop, StreamSocket socket,
                       StreamManner manner, std::unique_ptr<const RingFilter> filter)
    : host_(host),
      loop_(loop),
      sink_(host, loop, socket),
      access_(std::move(socket.access)),
      address_(std::move(socket.peer)),
      party_(std::move(socket.party)),
      manner_(manner),
      filter_(std::move(filter)) {}

Subscriber::~Subscriber() {
  if (link_) link_->subscriber = nullptr;
}

// EPOLLIN is left out: a subscriber sends nothing more, and its bytes stay in the kernel.
base::Result<> Subscriber::watch() {
  return loop_.add(sink_.fd(), EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
}

void Subscriber::on_io(std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return close();
  sink_.opened();
  if (deliver()) host_.behind(*this);
}

bool Subscriber::enter(StreamPhase phase) {
  // Only a stream that rereads returns to the log.
  const bool goes_back = is_live(phase_) && phase == StreamPhase::behind;
  if (may_follow(phase_, phase) && (!goes_back || manner_.rereads)) {
    phase_ = phase;
    return true;
  }
  base::log::error("an event stream cannot go from {} to {}; it is closed", name_of(phase_),
                   name_of(phase));
  close();
  return false;
}

void Subscriber::close() {
  if (is_closed()) return;
  phase_ = StreamPhase::closed;
  loop_.remove(sink_.fd(), *this);
  sink_.close();
  if (link_) link_->subscriber = nullptr;
  host_.closed(*this);
}

void Subscriber::begin_opening(base::EventId here) {
  if (enter(StreamPhase::opening)) after_ = here;
}

void Subscriber::begin_replay(base::EventId id) {
  if (enter(StreamPhase::behind)) after_ = id;
}

void Subscriber::join(base::EventId id) {
  const Ring& ring = host_.ring();
  const bool ahead = id > ring.last_id();
  if (!enter(ahead ? StreamPhase::joining : StreamPhase::current)) return;
  after_ = id;
  next_ = std::max(ring.first(), ring.sequence_after(id));
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
  return filter_ && filter_->listens_to(channel);
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
  if (!wanted || finished_ || (channel == nullptr && frame.id <= messages_after)) return false;
  put_frame(frame);
  finished_ = manner_.ends && frame.last;
  return true;
}

void Subscriber::put_frame(const EventFrame& frame) {
  std::string text;
  const ChannelPart* channel = frame.channel.get();
  if (channel == nullptr && manner_.named) append_event_name(text, frame.type);
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
  if (!is_live(phase_) || next_ <= ring.first()) return after_;
  return std::max(after_, ring.frame(next_ - 1).id);
}

std::uint64_t Subscriber::lag() const {
  if (!is_live(phase_) && !after_.valid()) return 0;
  const std::uint64_t at = is_live(phase_) ? next_ : host_.ring().sequence_after(after_);
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

// Before anything is sent: the state of the socket must not decide what was replayed.
void Subscriber::skip_replayed() {
  const Ring& ring = host_.ring();
  while (next_ < ring.end() && ring.frame(next_).id <= after_) ++next_;
  if (next_ < ring.end()) enter(StreamPhase::current);
}

bool Subscriber::deliver() {
  const bool more = deliver_some();
  if (phase_ == StreamPhase::lagging && next_ == host_.ring().end()) enter(StreamPhase::current);
  settle();
  return more && !is_closed();
}

void Subscriber::settle() {
  sink_.settle();
  if (sink_.failed()) close();
}

bool Subscriber::deliver_some() {
  if (is_closed()) return false;
  if (access_->ended()) {  // its key was revoked or has expired
    close();
    return false;
  }
  if (!sink_.takes_more() || !sink_.flush()) return false;
  if (finished_) {
    close();
    return false;
  }
  if (phase_ == StreamPhase::behind && enter(StreamPhase::replaying)) host_.read_log(*this);
  if (!is_live(phase_)) return false;
  if (dropped_ > 0) {
    put_lag(host_.ring().floor(), std::exchange(dropped_, 0));
    if (!sink_.flush()) return false;
  }
  if (phase_ == StreamPhase::joining) skip_replayed();
  if (next_ == host_.ring().end()) return false;
  // As it is in the ring.
  const bool plain = sink_.chunked() && !filter_ && !manner_.named && !manner_.ends &&
                     host_.ring().plain_from(next_);
  return plain ? send_plain() : send_picked();
}

bool Subscriber::send_plain() {
  static thread_local std::vector<iovec> pieces;
  const Ring& ring = host_.ring();
  const std::uint64_t end = ring.collect(next_, pieces, kSendBytes);
  std::size_t taken = sink_.send(pieces);
  const std::uint64_t begin = next_;
  if (sink_.takes_more()) {
    host_.count_delivery(end - begin);
    next_ = end;
    return next_ < ring.end();
  }
  while (taken > 0 && taken >= ring.frame(next_).size) taken -= ring.frame(next_++).size;
  if (taken > 0) {
    sink_.keep_rest(ring, next_, ring.frame(next_).size - taken);
    ++next_;
  }
  if (next_ > begin) host_.count_delivery(next_ - begin);
  return false;
}

// The text of a frame as this one gets it, framed as it wants it.
void Subscriber::pick(Picked& picked, std::uint64_t sequence) const {
  const Ring& ring = host_.ring();
  const RingFrame& frame = ring.frame(sequence);
  const bool named = manner_.named && frame.channel == 0;
  const bool filled = frame.addressed && ring.addressed(sequence).channel->fill;
  if (!named && !filled) {
    picked.bytes.append(sink_.chunked() ? ring.chunk(sequence) : ring.text(sequence));
    return;
  }
  picked.text.clear();
  if (named) append_event_name(picked.text, ring.type_name(frame.type));
  if (filled) {
    append_filled_frame(picked.text, ring.addressed(sequence), filter_->properties);
  } else {
    picked.text.append(ring.text(sequence));
  }
  if (sink_.chunked()) {
    append_chunk(picked.bytes, picked.text);
  } else {
    picked.bytes.append(picked.text);
  }
}

// The number of bytes at the end of the picked frames that equal the end of the frame's chunk in
// the ring, so that its block can be held for them.
std::size_t Subscriber::shared_end(std::uint64_t sequence) const {
  const RingFrame& frame = host_.ring().frame(sequence);
  return sink_.chunked() ? frame.size - frame.chunk_start : 0;
}

bool Subscriber::is_last(std::uint64_t sequence) const {
  return manner_.ends && host_.ring().frame(sequence).last;
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
    if (is_last(at)) {
      ++at;
      break;
    }
  }
  if (picked.bytes.empty()) {
    next_ = at;
    return next_ < ring.end();
  }
  const std::size_t taken = sink_.send(picked.bytes);
  if (sink_.takes_more()) {
    host_.count_delivery(picked.ends.size());
    next_ = at;
    if (is_last(picked.ends.back().first)) {
      finished_ = true;
      close();
      return false;
    }
    return next_ < ring.end();
  }
  std::size_t begun = 0;
  std::size_t begin = 0;  // of the frame at hand
  for (const auto& [sequence, end] : picked.ends) {
    if (begin >= taken) break;
    ++begun;
    next_ = sequence + 1;
    if (end > taken && end - taken <= shared_end(sequence)) {
      sink_.keep_rest(ring, sequence, end - taken);
    } else if (end > taken) {  // filled in for this one, or cut before the event's own text
      sink_.keep_copy(std::string_view(picked.bytes).substr(taken, end - taken));
    }
    finished_ = is_last(sequence);
    begin = end;
  }
  if (begun > 0) host_.count_delivery(begun);
  return false;
}

bool Subscriber::keeps_up_below(std::uint64_t sequence, base::Millis lately) const {
  const bool keeps_up = phase_ == StreamPhase::joining || phase_ == StreamPhase::current;
  return keeps_up && next_ < sequence && (sink_.takes_more() || sink_.took_at() >= lately);
}

std::uint64_t Subscriber::forget_below(std::uint64_t sequence) {
  if (!is_live(phase_) || next_ >= sequence) return 0;
  std::uint64_t missed = 0;
  if (!filter_ && phase_ != StreamPhase::joining && host_.ring().plain_from(next_)) {
    missed = sequence - next_;
  } else {
    for (std::uint64_t at = next_; at < sequence; ++at) missed += wants_at(at) ? 1U : 0U;
  }
  if (manner_.rereads && missed > 0) {
    // Everything below the cursor was considered, also what the ring has dropped since.
    const base::EventId considered =
        next_ > host_.ring().first() ? host_.ring().frame(next_ - 1).id : host_.ring().floor();
    begin_replay(std::max(after_, considered));
    return 0;
  }
  next_ = sequence;
  dropped_ += missed;
  if (missed > 0 && phase_ != StreamPhase::lagging) enter(StreamPhase::lagging);
  return missed;
}

void Subscriber::ping(base::Millis silence_allowed) {
  if (is_closed()) return;
  if (access_->ended() || peer_vanished(sink_.fd(), silence_allowed)) return close();
  if (!sink_.takes_more() || !sink_.idle()) return;
  std::optional<base::EventId> position;
  // Behind a filter a client sees few ids; this keeps its Last-Event-ID near the present. Only once
  // the stream is live: the first frames have no ids except the last, and must not count as
  // received.
  const bool sees_few = filter_ || !host_.ring().plain_from(host_.ring().first());
  if (is_live(phase_) && sees_few && dropped_ == 0 && this->position().valid()) {
    position = this->position();
  }
  std::string text;
  if (manner_.heartbeats) {
    append_heartbeat(text, this->position());
  } else {
    append_ping(text, position, position_end);
  }
  put(text);
  sink_.flush();
  settle();
}

}  // namespace gateway
