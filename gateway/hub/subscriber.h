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
#include "gateway/hub/ring.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/fd.h"

namespace gateway {

// An EventFilter with the types as numbers.
struct RingFilter {
  std::vector<TypeNumber> types;
  std::vector<base::AccountId> accounts;
  std::vector<base::ChatId> chats;
  bool passes(TypeNumber type, base::AccountId account, base::ChatId chat) const;
};

class Subscriber;

// What the hub does for its subscribers.
class SubscriberHost {
 public:
  virtual const Ring& ring() const = 0;
  virtual void count_delivery(std::uint64_t events) = 0;
  virtual void closed(Subscriber& subscriber) = 0;    // frees it after this pass
  virtual void read_log(Subscriber& subscriber) = 0;  // the next step of its replay
  virtual void behind(Subscriber& subscriber) = 0;    // deliver() wants to be called again

 protected:
  ~SubscriberHost() = default;
};

// The way back from a worker to a subscriber that may be gone by then. Hub thread only.
struct ReplayLink {
  Subscriber* subscriber = nullptr;
};

class Subscriber final : public IoHandler {
 public:
  Subscriber(SubscriberHost& host, EventLoop& loop, StreamSocket socket, bool named,
             std::unique_ptr<RingFilter> filter);
  ~Subscriber();

  base::Result<> watch();
  void on_io(std::uint32_t events) override;

  // Sends what there is and fits, one call. True when there is more to send and room for it.
  bool deliver();
  // Live from the first event after `id` on; every event after it must be in the ring or to come.
  void join(base::EventId id);
  // Begins to read the log after `id`.
  void begin_replay(base::EventId id);
  base::EventId replayed_to() const { return after_; }
  void set_replayed_to(base::EventId id) { after_ = id; }
  std::shared_ptr<ReplayLink> link();
  void replay_step_done() { reading_ = false; }

  bool wants(const EventFrame& frame, TypeNumber type) const;
  std::string& out() { return pending_; }  // further bytes after those that wait
  bool named() const { return named_; }
  bool filtered() const { return filter_ != nullptr; }
  // The ring is about to forget all below `sequence`: counts what this one misses by it.
  std::uint64_t forget_below(std::uint64_t sequence);
  void ping(base::Millis silence_allowed);
  void close();

  std::size_t place = 0;  // in the hub's list
  base::Millis next_ping = 0;

 private:
  std::string_view waiting() const;
  bool flush();  // true when nothing waits any more
  bool send_plain();
  bool send_picked();

  SubscriberHost& host_;
  EventLoop& loop_;
  Fd fd_;
  Slot slot_;
  const std::shared_ptr<const rpc::Access> access_;
  const bool named_;
  bool writable_ = true;
  bool live_ = false;
  bool reading_ = false;       // a replay step is under way
  bool skipping_ = false;      // frames up to after_ may still come: the log was ahead of the ring
  std::uint64_t next_ = 0;     // the cursor, while live
  base::EventId after_;        // everything up to here was considered
  std::uint64_t dropped_ = 0;  // to be told before anything else
  std::string pending_;
  std::size_t pending_at_ = 0;
  std::shared_ptr<RingBlock> held_;  // a large frame's rest, from held_at_ to held_end_
  std::size_t held_at_ = 0;
  std::size_t held_end_ = 0;
  std::unique_ptr<RingFilter> filter_;
  std::shared_ptr<ReplayLink> link_;
};

}  // namespace gateway
