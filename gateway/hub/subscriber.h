// Subscriber: one open event stream: a socket, a cursor into the ring and, rarely, a few bytes that
// did not fit. Hub thread only.
//
// The cursor always stands at a frame's beginning: of a frame that was cut by a full socket the
// rest is copied (or its block held) here, so that the ring may forget it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/hub/filter.h"
#include "gateway/hub/frame_text.h"
#include "gateway/hub/ring.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/fd.h"

namespace gateway {

// What a subscriber asked for, with the names as the ring has them.
struct RingFilter {
  std::shared_ptr<const EventFilter> asked;
  Properties properties;
  std::vector<Token> types;
  std::vector<Token> channels;

  bool passes(Token type, Token channel, base::AccountId account, base::ChatId chat) const;
  // Whether it claims all that the event asks of those it goes to.
  bool fits(const Properties& where) const;
};

// One line of a list of subscribers.
struct SubscriberInfo {
  std::vector<std::string> channels;
  std::string address;
  base::UnixMillis since = 0;
  base::EventId position;  // everything up to here was sent or does not pass
  std::uint64_t lag = 0;   // events in the hub's memory it has not taken yet
  Properties properties;
};

class Subscriber;

// What the hub does for its subscribers.
class SubscriberHost {
 public:
  virtual const Ring& ring() const = 0;
  virtual void count_delivery(std::uint64_t events) = 0;
  virtual void closed(Subscriber& subscriber) = 0;    // frees it after this pass
  virtual void read_log(Subscriber& subscriber) = 0;  // the next step of its replay
  // It keeps so many bytes more, or fewer. False when that is too much: it has to go.
  virtual bool keep_bytes(std::ptrdiff_t more) = 0;
  virtual void behind(Subscriber& subscriber) = 0;  // deliver() wants to be called again

 protected:
  ~SubscriberHost() = default;
};

// The way back from a worker to a subscriber that may be gone by then. Hub thread only.
struct ReplayLink {
  Subscriber* subscriber = nullptr;
};

class Subscriber final : public IoHandler {
 public:
  // Without a filter it gets every messaging event.
  Subscriber(SubscriberHost& host, EventLoop& loop, StreamSocket socket, bool named,
             std::unique_ptr<const RingFilter> filter);
  ~Subscriber();

  base::Result<> watch();
  void on_io(std::uint32_t events) override;

  // Sends what there is and fits, one call. True when there is more to send and room for it.
  bool deliver();
  // Live from the first event after `id` on; every event after it must be in the ring or to come.
  void join(base::EventId id);
  // Begins to read the log after `id`.
  void begin_replay(base::EventId id);
  // Waits for what comes first; the caller joins or replays it then.
  void begin_opening(base::EventId here) {
    reading_ = true;
    after_ = here;
  }
  base::EventId replayed_to() const { return after_; }
  void set_replayed_to(base::EventId id) { after_ = id; }
  std::shared_ptr<ReplayLink> link();
  const std::string& party() const { return party_; }  // for whom the workers read
  void replay_step_done() { reading_ = false; }

  // Puts an event after what waits, if it is one that this stream wants.
  bool append(const EventFrame& frame);
  // Whole lines that go out after what waits, as one chunk where the stream has chunks.
  void put(std::string_view text);
  void put_frame(const EventFrame& frame);  // whether this stream wants it or not
  void put_position(base::EventId position);
  void put_lag(base::EventId resumes_after, std::optional<std::uint64_t> dropped);
  std::shared_ptr<const EventFilter> asked() const;
  bool listens_to(Token channel) const;  // 0: to messaging events
  bool fits(const Properties& where) const;
  SubscriberInfo info() const;
  std::uint64_t lag() const;  // as in info()
  // Whether it is one that keeps up and has not been given all below `sequence` yet: since it last
  // missed something it was at the end once, and it has taken something since `lately`, or could.
  bool keeps_up_below(std::uint64_t sequence, base::Millis lately) const {
    return live_ && next_ < sequence && keeps_up_ && (writable_ || took_at_ >= lately);
  }
  // The ring is about to forget all below `sequence`: counts what this one misses by it.
  std::uint64_t forget_below(std::uint64_t sequence);
  void ping(base::Millis silence_allowed);
  void close();

  std::size_t place = 0;  // in the hub's list
  base::Millis next_ping = 0;
  base::UnixMillis since = 0;
  base::EventId messages_after;     // earlier messaging events are in what it got first
  base::EventId told_floor;         // of its replay: what is missing up to here was told of
  bool snapshot_after_lag = false;  // wants accounts' states when the log does not reach back
  PositionEnd position_end = PositionEnd::comment;

 private:
  struct Picked;
  std::string_view waiting() const;
  bool flush();  // true when nothing waits any more
  bool deliver_some();
  void skip_replayed();
  void settle();  // accounts for the bytes it keeps
  void keep(std::size_t before, std::size_t now);
  void keep_rest(std::uint64_t sequence, std::size_t size);  // of a frame that was begun
  void let_go();
  base::EventId position() const;
  bool wants_at(std::uint64_t sequence) const;
  bool send_plain();
  bool send_picked();
  void pick(Picked& picked, std::uint64_t sequence) const;
  std::size_t shared_end(std::uint64_t sequence) const;

  SubscriberHost& host_;
  EventLoop& loop_;
  Fd fd_;
  Slot slot_;
  const std::shared_ptr<const rpc::Access> access_;
  const std::string address_;
  const std::string party_;
  const bool chunked_;  // HTTP/1.1: all that follows the head is framed as chunks
  const bool named_;
  bool writable_ = true;
  bool live_ = false;
  bool keeps_up_ = true;       // has missed nothing since it last was at the end
  bool reading_ = false;       // a replay step is under way
  bool skipping_ = false;      // frames up to after_ may still come: the log was ahead of the ring
  std::uint64_t next_ = 0;     // the cursor, while live
  base::Millis took_at_ = 0;   // when its socket last took something, as the loop counts
  base::EventId after_;        // everything up to here was considered
  std::uint64_t dropped_ = 0;  // to be told before anything else
  std::string pending_;
  std::size_t pending_at_ = 0;
  std::shared_ptr<RingBlock> held_;  // a large frame's rest, from held_at_ to held_end_
  std::size_t held_at_ = 0;
  std::size_t held_end_ = 0;
  std::size_t kept_ = 0;  // bytes of pending_ as the host knows of them
  bool keeps_too_much_ = false;
  std::unique_ptr<const RingFilter> filter_;
  std::shared_ptr<ReplayLink> link_;
};

}  // namespace gateway
