// StreamSink: the writing end of one event stream: its socket, and the bytes that did not fit into
// it. Hub thread only.
//
// Direct sends (send()) go out when nothing waits. Of a frame that did not fit, the rest is kept as
// a copy, or, if it is long, by holding the frame's block, so that the ring may drop the frame. All
// kept bytes are counted in the KeptBytes; beyond their bound the sink fails, and its stream has to
// close.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gateway/http/message.h"
#include "gateway/hub/ring.h"
#include "gateway/loop/event_loop.h"

namespace gateway {

// Counts the bytes that all sinks of a hub keep.
class KeptBytes {
 public:
  // Adds so many bytes, or subtracts them. False when there are too many now.
  virtual bool keep_bytes(std::ptrdiff_t more) = 0;

 protected:
  ~KeptBytes() = default;
};

class StreamSink {
 public:
  // `socket.unsent` goes out first. `kept` and `loop` outlive this.
  StreamSink(KeptBytes& kept, const EventLoop& loop, StreamSocket& socket);
  StreamSink(const StreamSink&) = delete;
  StreamSink& operator=(const StreamSink&) = delete;

  int fd() const { return fd_.get(); }
  bool chunked() const { return chunked_; }  // HTTP/1.1: all that follows the head is in chunks
  bool failed() const { return state_ == State::failed; }
  bool takes_more() const { return state_ == State::open; }  // as far as is known
  bool idle() const { return waiting().empty(); }
  base::Millis took_at() const { return took_at_; }  // when the socket last took something

  // The socket is writable again.
  void opened() {
    if (state_ == State::full) state_ = State::open;
  }
  // Whole lines that go out after what waits, as one chunk where the stream has chunks.
  void put(std::string_view text);
  // Sends the waiting bytes; true when none wait any more.
  bool flush();
  // Sends pieces while nothing waits; returns how many bytes the socket took. If it took fewer, the
  // caller keeps the rest of the cut frame.
  std::size_t send(std::vector<iovec>& pieces);
  std::size_t send(std::string_view bytes);
  // The rest of a frame that was cut, as a copy.
  void keep_copy(std::string_view rest) { pending_.assign(rest); }
  // The last `size` bytes of a frame's chunk in the ring.
  void keep_rest(const Ring& ring, std::uint64_t sequence, std::size_t size);

  // Updates the count of kept bytes. Call after each turn; failed() then also reports that they are
  // too many.
  void settle();
  // Ends the body where its framing has an end, closes the socket and frees what was kept.
  void close();

 private:
  enum class State : std::uint8_t {
    open,
    full,    // the socket took less than it was given, until opened()
    failed,  // the socket broke, or too much is kept
  };
  std::string_view waiting() const;
  std::size_t took(ssize_t sent, std::size_t offered);
  void account(std::size_t before, std::size_t now);
  void let_go();

  KeptBytes& kept_bytes_;
  const EventLoop& loop_;
  Fd fd_;
  Slot slot_;
  const bool chunked_;
  State state_ = State::open;
  base::Millis took_at_ = 0;
  std::string pending_;
  std::size_t pending_at_ = 0;
  std::size_t accounted_ = 0;        // bytes of pending_ as kept_bytes_ knows them
  std::shared_ptr<RingBlock> held_;  // a large frame's rest, from held_at_ to held_end_
  std::size_t held_at_ = 0;
  std::size_t held_end_ = 0;
};

}  // namespace gateway
