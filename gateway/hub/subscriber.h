// Subscriber: one open event stream: a sink (its socket), a cursor into the ring and a phase
// (stream_phase.h). Hub thread only.
//
// The cursor always stands at a frame's beginning: the rest of a frame that was cut by a full
// socket is kept by the sink, so that the ring may forget the frame.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/hub/frame_text.h"
#include "gateway/hub/ring.h"
#include "gateway/hub/ring_filter.h"
#include "gateway/hub/stream_phase.h"
#include "gateway/hub/stream_sink.h"
#include "gateway/loop/event_loop.h"

namespace gateway {

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

// The hub's services for its subscribers.
class SubscriberHost : public KeptBytes {
 public:
  virtual const Ring& ring() const = 0;
  virtual void count_delivery(std::uint64_t events) = 0;
  virtual void closed(Subscriber& subscriber) = 0;    // frees it after this pass
  virtual void read_log(Subscriber& subscriber) = 0;  // the next step of its replay
  virtual void behind(Subscriber& subscriber) = 0;    // deliver() wants to be called again

 protected:
  ~SubscriberHost() = default;
};

// The way back from a worker to a subscriber that may be destroyed by then. Hub thread only.
struct ReplayLink {
  Subscriber* subscriber = nullptr;
};

class Subscriber final : public IoHandler {
 public:
  // Without a filter it gets every messaging event.
  Subscriber(SubscriberHost& host, EventLoop& loop, StreamSocket socket, StreamManner manner,
             std::unique_ptr<const RingFilter> filter);
  ~Subscriber();

  base::Result<> watch();
  void on_io(std::uint32_t events) override;

  // Sends what is there and fits, in one call. True when there is more to send and room for it.
  bool deliver();
  StreamPhase phase() const { return phase_; }
  // The steps from one phase to the next. A step that stream_phase.h does not allow is a bug: the
  // stream is closed, and its client resumes where it was.
  //
  // Waits for the opening; the caller joins or replays it then.
  void begin_opening(base::EventId here);
  // Has to read the log after `id`.
  void begin_replay(base::EventId id);
  // Live from the first event after `id` on; every event after it must be in the ring or to come.
  void join(base::EventId id);

  base::EventId replayed_to() const { return after_; }
  std::shared_ptr<ReplayLink> link();
  const std::string& party() const { return party_; }  // for whom the workers read

  // Puts an event after the waiting bytes, if this stream wants it.
  bool append(const EventFrame& frame);
  // Whole lines that go out after what waits, as one chunk where the stream has chunks.
  void put(std::string_view text) { sink_.put(text); }
  void put_frame(const EventFrame& frame);  // whether this stream wants it or not
  bool ends() const { return manner_.ends; }
  void put_position(base::EventId position);
  void put_lag(base::EventId resumes_after, std::optional<std::uint64_t> dropped);
  std::shared_ptr<const EventFilter> asked() const;
  bool listens_to(Token channel) const;  // 0: to messaging events
  bool fits(const Properties& where) const;
  SubscriberInfo info() const;
  std::uint64_t lag() const;  // as in info()
  // Whether the stream keeps up and has not been sent all frames below `sequence` yet: since it
  // last missed events it was at the end once, and its socket has taken bytes since `lately`, or
  // could.
  bool keeps_up_below(std::uint64_t sequence, base::Millis lately) const;
  // The ring is about to drop all frames below `sequence`: counts the events that this stream
  // misses. A stream that rereads misses nothing: it returns to the log.
  std::uint64_t forget_below(std::uint64_t sequence);
  void ping(base::Millis silence_allowed);
  void close();

  std::size_t place = 0;  // in the hub's list
  base::Millis next_ping = 0;
  base::UnixMillis since = 0;
  base::EventId messages_after;     // earlier messaging events are in what it got first
  base::EventId reported_floor;     // of its replay: a lag was sent for what is missing up to here
  bool snapshot_after_lag = false;  // wants accounts' states when the log does not reach back
  PositionEnd position_end = PositionEnd::comment;

 private:
  struct Picked;
  bool enter(StreamPhase phase);
  bool is_closed() const { return phase_ == StreamPhase::closed; }
  bool deliver_some();
  void settle();
  void skip_replayed();
  base::EventId position() const;
  bool wants_at(std::uint64_t sequence) const;
  bool send_plain();
  bool send_picked();
  bool is_last(std::uint64_t sequence) const;
  void pick(Picked& picked, std::uint64_t sequence) const;
  std::size_t shared_end(std::uint64_t sequence) const;

  SubscriberHost& host_;
  EventLoop& loop_;
  StreamSink sink_;
  const std::shared_ptr<const rpc::Access> access_;
  const std::string address_;
  const std::string party_;
  const StreamManner manner_;
  StreamPhase phase_ = StreamPhase::begun;
  std::uint64_t next_ = 0;     // the cursor, while live
  base::EventId after_;        // everything up to here was considered
  std::uint64_t dropped_ = 0;  // reported by a lag before anything else
  bool finished_ = false;      // the last event was sent, or waits in the sink: then it closes
  std::unique_ptr<const RingFilter> filter_;
  std::shared_ptr<ReplayLink> link_;
};

}  // namespace gateway
