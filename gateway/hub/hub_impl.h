// The hub's implementation: its state and the code on its thread. hub.cpp publishes, fans out and
// pings; hub_opening.cpp begins streams: their first frames, and the events that they missed.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fair_queue.h"
#include "gateway/hub/hub.h"
#include "gateway/hub/intake.h"
#include "gateway/hub/replay.h"
#include "gateway/hub/ring.h"
#include "gateway/hub/subscriber.h"
#include "gateway/loop/event_loop.h"
#include "gateway/server/exchange.h"
#include "messaging/api/channels.h"

namespace gateway {

class Hub::Impl final : public SubscriberHost {
 public:
  Impl(EventSource& source, WorkerPool& workers, HubOptions options,
       std::unique_ptr<EventLoop> loop, const base::Clock& clock, base::EventId newest)
      : source_(source),
        workers_(workers),
        clock_(clock),
        options_(options),
        loop_(std::move(loop)),
        ring_(options.ring_bytes, options.ring_events, newest),
        intake_(options.intake_bytes, options.intake_events,
                std::min(kUnreadBytes, options.inbox_bytes)),
        gate_(std::make_shared<Gate>(*loop_)),
        ping_timer_(*loop_, [this] { ping_some(); }),
        feed_timer_(*loop_, [this] { feed(); }) {
    thread_ = std::thread([this] { loop_->run(); });
  }

  ~Impl() { stop(); }

  // ---- any thread --------------------------------------------------------------------------

  void publish(std::vector<EventFrame> frames) {
    if (intake_.put(std::move(frames))) loop_->post([this] { take_inbox(); });
  }

  void wait_for_room() { intake_.wait_for_room(options_.inbox_bytes); }

  void close_all() {
    gate_->run([this] {
      while (!subscribers_.empty()) subscribers_.back()->close();
    });
  }

  void forget(base::AccountId account);
  void subscribe(StreamSocket socket, StreamOptions options);

  // A subscriber that is visited closes when its key has ended.
  void close_ended() {
    gate_->run([this] { fan_out_again(); });
  }

  HubStats stats() const;

  void count(std::vector<Audience> audiences,
             base::UniqueFunction<void(std::vector<std::size_t>)> done);

  void list(std::optional<std::string> channel,
            base::UniqueFunction<void(std::vector<SubscriberInfo>)> done);
  void stop();

  // ---- hub thread --------------------------------------------------------------------------

  const Ring& ring() const override { return ring_; }
  void count_delivery(std::uint64_t events) override {
    delivered_.fetch_add(events, std::memory_order_relaxed);
    sends_.fetch_add(1, std::memory_order_relaxed);
  }
  void behind(Subscriber&) override { fan_out_again(); }

  bool keep_bytes(std::ptrdiff_t more) override {
    kept_.fetch_add(static_cast<std::size_t>(more), std::memory_order_relaxed);
    return more <= 0 || kept_.load(std::memory_order_relaxed) <= options_.kept_bytes;
  }

  void closed(Subscriber& subscriber) override;
  void read_log(Subscriber& subscriber) override;

 private:
  static constexpr std::size_t kUnreadBytes = 64 * 1024;  // published while nobody reads
  static constexpr int kPingTicks = 64;  // an interval's pings are spread over so many turns

  Token token_of(std::string_view channel) const {
    return channel == messaging::kMessagesChannel ? 0 : ring_.token(channel);
  }

  std::size_t count_of(const Audience& audience) const;
  // Streams that wait for the same opening, and its reading.
  struct Opening;
  using OpeningPtr = std::shared_ptr<Opening>;
  void read_opening(Subscriber& subscriber, bool snapshot);
  void next_opening();
  void step_opening(const OpeningPtr& opening);
  void on_opening_step(const OpeningPtr& opening, base::Result<bool> done);
  void on_opening(Subscriber& subscriber, const StreamOpening& opening);
  void continue_after(Subscriber& subscriber, base::EventId id);

  void take_inbox() {
    intake_.take();
    feed();
  }

  void feed();
  bool make_room();
  bool has_to_wait(std::uint64_t sequence);
  void fan_out_again();
  void fan_out_slice();
  void add(StreamSocket socket, StreamOptions options);
  void on_log(Subscriber& subscriber, ReplayStep step);
  std::unique_ptr<const RingFilter> compile(StreamOptions options) const;

  base::Millis ping_tick() const {
    return std::max<base::Millis>(1, options_.ping_interval / kPingTicks);
  }

  base::Millis first_ping();
  void ping_some();
  EventSource& source_;
  WorkerPool& workers_;
  const base::Clock& clock_;
  const HubOptions options_;
  std::unique_ptr<EventLoop> loop_;
  Ring ring_;
  Intake intake_;
  Patience patience_{options_.patience};
  std::shared_ptr<Gate> gate_;
  Timer ping_timer_;
  Timer feed_timer_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<std::unique_ptr<Subscriber>> graveyard_;
  struct OpeningWanted {
    std::shared_ptr<ReplayLink> link;
    std::shared_ptr<const EventFilter> filter;
    bool snapshot = false;
  };
  base::FairQueue<std::string, OpeningWanted> openings_;
  bool opening_ = false;  // one is being read
  std::size_t next_visit_ = 0;
  std::size_t left_ = 0;  // visits until everyone is served; 0: at rest
  base::Millis spread_ = 0;
  std::unordered_map<Token, std::size_t> listeners_;  // of streams that name channels
  std::atomic<std::size_t> subscriber_count_{0}, kept_{0}, waiting_{0};
  std::atomic<std::uint64_t> lag_{0};
  std::atomic<std::uint64_t> connected_{0}, published_{0}, delivered_{0}, dropped_{0}, sends_{0};
  std::thread thread_;
};

}  // namespace gateway
