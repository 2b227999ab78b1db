// Hub: the event streams. Each event is encoded once into a shared ring; a subscriber is a cursor
// into it and a socket; frames that wait go out in one send. It runs on a thread and an epoll set
// of its own, so that fan-out never delays a call (decision 3).
//
// A subscriber that falls out of the ring gets `event: lag` with the number of missed events and
// continues with newer ones. One that keeps up does not fall out of it by a burst: what is
// published waits until it has taken the older events, half a second in a row and a twentieth of
// the time at most (Patience). A resume reads the log on workers, in steps, and joins the ring by
// id: no gap, no overlap. What new subscribers get first is read there too.
//
// Memory: the ring (ring_bytes, and the block being filled); events that wait for room in it
// (intake_bytes: beyond that the ring takes them, whatever it evicts); and the rest of frames that
// did not fit into their sockets: at most a replay step or the rest of one event a subscriber,
// kept_bytes in all. A subscriber beyond that is closed; its client resumes from its position.
//
// Threads: all from any thread; none blocks on a socket. The callbacks of count() and list() run on
// the hub's thread and must not block.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/http/message.h"
#include "gateway/hub/event_frame.h"
#include "gateway/hub/filter.h"
#include "gateway/hub/subscriber.h"
#include "gateway/loop/worker_pool.h"

namespace gateway {

struct HubOptions {
  std::size_t ring_bytes = 8 * 1024 * 1024;
  std::size_t ring_events = 65'536;
  std::size_t intake_bytes = 32 * 1024 * 1024;  // of events that wait for room in the ring
  std::size_t intake_events = 100'000;          // as many as the log keeps
  base::Millis ping_interval = 15'000;
  std::size_t replay_step = 256;              // events per read of the log
  std::size_t replay_bytes = 32 * 1024;       // and about so much of them
  std::size_t inbox_bytes = 4 * 1024 * 1024;  // of wait_for_room()
  std::size_t kept_bytes = 64 * 1024 * 1024;
  base::Millis patience = 500;  // the longest time that readers hold the ring back
  base::Millis stalled = 100;   // a reader that takes nothing for this long is not waited for
};

// The receivers of a channel's event.
struct Audience {
  std::string channel;
  Properties where;
};

struct HubStats {
  std::size_t subscribers = 0;  // now
  std::uint64_t connected = 0;  // ever
  std::uint64_t published = 0;  // events
  std::uint64_t delivered = 0;  // events put into sockets
  std::uint64_t dropped = 0;    // events that slow subscribers missed
  std::uint64_t sends = 0;      // system calls
  std::size_t kept_bytes = 0;   // begun and not yet sent, of all subscribers
  std::uint64_t lag = 0;        // events that the reader furthest behind has not taken yet, lately
  std::size_t waiting = 0;      // events that wait for room in the ring, lately
};

class Hub {
 public:
  // `source` and `workers` outlive the hub. Starts its thread; reads the newest id first.
  static base::Result<std::unique_ptr<Hub>> start(EventSource& source, WorkerPool& workers,
                                                  const base::Clock& clock,
                                                  HubOptions options = {});
  ~Hub();  // stop()
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // After each commit, in the order of ids; cheap: moves the frames to the hub's thread.
  void publish(std::span<const EventFrame> frames);
  void publish(std::vector<EventFrame> frames);
  // Waits until the hub's thread has taken most of the published events: for a publisher that is
  // faster than the hub. Readers are not waited for. Not on the hub's thread.
  void wait_for_room();
  // Closes every stream; the clients reconnect and resume.
  void close_all();
  // Takes the connection over; `socket.unsent` holds the response's head.
  void subscribe(StreamSocket socket, StreamOptions options);
  // An account was removed: of the events published before, only its AccountsChanged is still sent.
  void forget(base::AccountId account);
  // A key ended: its streams close now, not with their next event or ping.
  void close_ended();
  // How many subscribers each audience has now.
  void count(std::vector<Audience> audiences,
             base::UniqueFunction<void(std::vector<std::size_t>)> done);
  // Of one channel ("messages" for messaging events), or all.
  void list(std::optional<std::string> channel,
            base::UniqueFunction<void(std::vector<SubscriberInfo>)> done);
  HubStats stats() const;
  // Closes every stream and joins the thread.
  void stop();

 private:
  class Impl;
  explicit Hub(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
