#include "gateway/hub/stream_sink.h"

#include <sys/socket.h>

#include <cerrno>

#include "gateway/hub/frame_text.h"

namespace gateway {
namespace {

constexpr std::size_t kWorthHolding = 4096;  // a longer rest is held, not copied

ssize_t send_pieces(int fd, iovec* pieces, std::size_t count) {
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

ssize_t send_bytes(int fd, std::string_view bytes) {
  ssize_t sent = 0;
  do {
    sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace

StreamSink::StreamSink(KeptBytes& kept, const EventLoop& loop, StreamSocket& socket)
    : kept_bytes_(kept),
      loop_(loop),
      fd_(std::move(socket.fd)),
      slot_(std::move(socket.slot)),
      chunked_(socket.chunked),
      pending_(std::move(socket.unsent)) {}

// A held rest comes before everything in pending_.
std::string_view StreamSink::waiting() const {
  if (held_) return std::string_view(held_->bytes).substr(held_at_, held_end_ - held_at_);
  return std::string_view(pending_).substr(pending_at_);
}

void StreamSink::put(std::string_view text) {
  if (chunked_) {
    append_chunk(pending_, text);
  } else {
    pending_ += text;
  }
}

std::size_t StreamSink::took(ssize_t sent, std::size_t offered) {
  if (sent < 0) {
    const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
    state_ = full ? State::full : State::failed;
    return 0;
  }
  took_at_ = loop_.now();
  const auto size = static_cast<std::size_t>(sent);
  if (size < offered) state_ = State::full;
  return size;
}

bool StreamSink::flush() {
  for (std::string_view rest = waiting(); !rest.empty(); rest = waiting()) {
    const ssize_t sent = send_bytes(fd_.get(), rest);
    const std::size_t size = took(sent, rest.size());
    std::size_t& at = held_ ? held_at_ : pending_at_;
    at += size;
    if (held_ && held_at_ == held_end_) let_go();
    if (!takes_more()) return false;
  }
  pending_ = {};  // an idle stream keeps no buffer
  pending_at_ = 0;
  return true;
}

std::size_t StreamSink::send(std::vector<iovec>& pieces) {
  std::size_t offered = 0;
  for (const iovec& piece : pieces) offered += piece.iov_len;
  return took(send_pieces(fd_.get(), pieces.data(), pieces.size()), offered);
}

std::size_t StreamSink::send(std::string_view bytes) {
  return took(send_bytes(fd_.get(), bytes), bytes.size());
}

// A short rest is copied; for a long one the block is kept, once for all subscribers that need it.
void StreamSink::keep_rest(const Ring& ring, std::uint64_t sequence, std::size_t size) {
  const RingFrame& frame = ring.frame(sequence);
  if (size <= kWorthHolding) return keep_copy(ring.chunk(sequence).substr(frame.size - size));
  held_ = ring.block_of(sequence);
  if (held_->holders++ == 0) {
    held_->held = held_->bytes.size();
    account(0, held_->held);
  }
  held_end_ = frame.offset + frame.size;
  held_at_ = held_end_ - size;
}

void StreamSink::let_go() {
  if (!held_) return;
  if (--held_->holders == 0) account(held_->held, 0);
  held_.reset();
}

void StreamSink::account(std::size_t before, std::size_t now) {
  if (now == before) return;
  const auto more = static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(before);
  if (!kept_bytes_.keep_bytes(more)) state_ = State::failed;
}

void StreamSink::settle() {
  account(accounted_, pending_.size());
  accounted_ = pending_.size();
}

void StreamSink::close() {
  // Clients then know of no broken answer.
  if (chunked_ && takes_more() && idle()) send_bytes(fd_.get(), kLastChunk);
  fd_.reset();
  pending_ = {};
  pending_at_ = 0;
  let_go();
  settle();
  slot_.reset();
}

}  // namespace gateway
