#include "gateway/hub/hub.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "gateway/http/exchange.h"
#include "gateway/hub/frame_text.h"
#include "gateway/hub/replay.h"
#include "gateway/hub/ring.h"
#include "gateway/hub/subscriber.h"

namespace gateway {
namespace {

constexpr auto kSlice = std::chrono::microseconds(500);
constexpr int kPingTicks = 64;  // an interval's pings are spread over so many turns

}  // namespace

class Hub::Impl final : public SubscriberHost {
 public:
  Impl(EventSource& source, WorkerPool& workers, HubOptions options,
       std::unique_ptr<EventLoop> loop, base::EventId newest)
      : source_(source),
        workers_(workers),
        options_(options),
        loop_(std::move(loop)),
        ring_(options.ring_bytes, options.ring_events, newest),
        gate_(std::make_shared<Gate>(*loop_)),
        ping_timer_(*loop_, [this] { ping_some(); }) {
    ping_timer_.arm(ping_tick());
    thread_ = std::thread([this] { loop_->run(); });
  }

  ~Impl() { stop(); }

  // ---- any thread --------------------------------------------------------------------------

  void publish(std::vector<EventFrame> frames) {
    if (frames.empty()) return;
    bool wake = false;
    {
      base::Lock lock(mutex_);
      wake = inbox_.empty();
      if (wake) {
        inbox_ = std::move(frames);
      } else {
        for (EventFrame& frame : frames) inbox_.push_back(std::move(frame));
      }
    }
    if (wake) loop_->post([this] { take_inbox(); });
  }

  void subscribe(StreamSocket socket, StreamOptions options) {
    loop_->post([this, socket = std::move(socket), options = std::move(options)]() mutable {
      add(std::move(socket), std::move(options));
    });
  }

  HubStats stats() const {
    return {.subscribers = subscriber_count_,
            .connected = connected_,
            .published = published_,
            .delivered = delivered_,
            .dropped = dropped_,
            .sends = sends_};
  }

  void stop() {
    if (!thread_.joinable()) return;
    gate_->close();
    loop_->post([this] {
      ping_timer_.disarm();
      while (!subscribers_.empty()) subscribers_.back()->close();
      graveyard_.clear();
      loop_->stop();
    });
    thread_.join();
  }

  // ---- hub thread --------------------------------------------------------------------------

  const Ring& ring() const override { return ring_; }
  void count_delivery(std::uint64_t events) override {
    delivered_.fetch_add(events, std::memory_order_relaxed);
    sends_.fetch_add(1, std::memory_order_relaxed);
  }
  void behind(Subscriber&) override { fan_out_again(); }

  void closed(Subscriber& subscriber) override {
    const std::size_t place = subscriber.place;
    graveyard_.push_back(std::move(subscribers_[place]));
    if (place + 1 < subscribers_.size()) {
      subscribers_[place] = std::move(subscribers_.back());
      subscribers_[place]->place = place;
    }
    subscribers_.pop_back();
    subscriber_count_.store(subscribers_.size(), std::memory_order_relaxed);
    // The one that moved may have been in front of the round's place, unvisited.
    if (left_ > 0) left_ = subscribers_.size();
    if (graveyard_.size() == 1) loop_->defer([this] { graveyard_.clear(); });
  }

  void read_log(Subscriber& subscriber) override {
    const ReplayRequest request{subscriber.replayed_to(), options_.replay_step,
                                subscriber.filtered()};
    base::UniqueFunction<void()> work = [source = &source_, request, link = subscriber.link(),
                                         gate = gate_, this]() mutable {
      auto step = read_replay_step(*source, request);
      gate->run([this, link = std::move(link), step = std::move(step)]() mutable {
        if (link->subscriber != nullptr) on_log(*link->subscriber, std::move(step));
      });
    };
    // Workers are all busy: the client comes back with the same id, when they are not.
    if (!workers_.submit(std::move(work))) subscriber.close();
  }

 private:
  void take_inbox() {
    std::vector<EventFrame> frames;
    {
      base::Lock lock(mutex_);
      frames.swap(inbox_);
    }
    for (const EventFrame& frame : frames) {
      if (!ring_.append(frame)) continue;
      published_.fetch_add(1, std::memory_order_relaxed);
      make_room();
    }
    fan_out_again();
  }

  void make_room() {
    const std::uint64_t sequence = ring_.over_bound();
    if (sequence == ring_.first()) return;
    for (auto& subscriber : subscribers_) {
      dropped_.fetch_add(subscriber->forget_below(sequence), std::memory_order_relaxed);
    }
    ring_.drop_below(sequence);
  }

  // Everyone is visited once more, in slices; what is published meanwhile extends the round, and
  // whoever is visited then gets all of it in one send.
  void fan_out_again() {
    const bool resting = left_ == 0;
    left_ = subscribers_.size();
    if (resting && left_ > 0) loop_->defer([this] { fan_out_slice(); });
  }

  void fan_out_slice() {
    const auto until = std::chrono::steady_clock::now() + kSlice;
    for (int visits = 1; left_ > 0; ++visits) {
      if (next_visit_ >= subscribers_.size()) next_visit_ = 0;
      --left_;
      if (subscribers_[next_visit_++]->deliver()) left_ = subscribers_.size();
      if (subscribers_.empty()) left_ = 0;
      if (visits % 16 == 0 && left_ > 0 && std::chrono::steady_clock::now() >= until) {
        return loop_->defer([this] { fan_out_slice(); });
      }
    }
  }

  void add(StreamSocket socket, StreamOptions options) {
    if (options.retry) socket.unsent += fmt::format("retry: {}\n\n", *options.retry);
    auto owned = std::make_unique<Subscriber>(*this, *loop_, std::move(socket), options.named,
                                              compile(options.filter));
    Subscriber& subscriber = *owned;
    if (!subscriber.watch()) return;
    subscriber.place = subscribers_.size();
    subscriber.next_ping = loop_->now() + first_ping();
    subscribers_.push_back(std::move(owned));
    subscriber_count_.store(subscribers_.size(), std::memory_order_relaxed);

    const ResumePoint& resume = options.resume;
    if (!resume.given) {
      subscriber.join(ring_.last_id());
    } else if (!resume.after) {
      append_lag(subscriber.out(), ring_.last_id(), std::nullopt);
      subscriber.join(ring_.last_id());
    } else if (*resume.after >= ring_.floor() && *resume.after <= ring_.last_id()) {
      subscriber.join(*resume.after);
    } else {
      subscriber.begin_replay(*resume.after);
    }
    connected_.fetch_add(1, std::memory_order_release);
    if (subscriber.deliver()) behind(subscriber);
  }

  void on_log(Subscriber& subscriber, ReplayStep step) {
    subscriber.replay_step_done();
    if (step.lag) append_lag(subscriber.out(), step.lag->resumes_after, step.lag->dropped);
    for (const EventFrame& frame : step.frames) {
      const TypeNumber type = ring_.type_number(frame.type);
      if (!subscriber.wants(frame, type)) continue;
      if (subscriber.named()) append_event_name(subscriber.out(), frame.type);
      append_frame(subscriber.out(), frame);
      count_delivery(1);
    }
    subscriber.set_replayed_to(step.reached);
    if (step.failed) {
      append_lag(subscriber.out(), ring_.floor(), std::nullopt);
      subscriber.join(ring_.floor());
    } else if (step.reached >= ring_.floor()) {
      subscriber.join(step.reached);
    }
    if (subscriber.deliver()) behind(subscriber);
  }

  std::unique_ptr<RingFilter> compile(const EventFilter& filter) {
    if (filter.passes_all()) return nullptr;
    auto compiled = std::make_unique<RingFilter>();
    for (const std::string& type : filter.types) compiled->types.push_back(ring_.type_number(type));
    compiled->accounts = filter.accounts;
    compiled->chats = filter.chats;
    return compiled;
  }

  base::Millis ping_tick() const {
    return std::max<base::Millis>(1, options_.ping_interval / kPingTicks);
  }

  // Between half an interval and a whole one, so that a crowd that came at once is not pinged at
  // once.
  base::Millis first_ping() {
    const base::Millis half = std::max<base::Millis>(1, options_.ping_interval / 2);
    spread_ = (spread_ + half * 5 / 8 + 1) % half;
    return half + spread_;
  }

  void ping_some() {
    const base::Millis now = loop_->now();
    for (std::size_t i = 0; i < subscribers_.size();) {
      Subscriber& subscriber = *subscribers_[i];
      if (subscriber.next_ping <= now) {
        subscriber.next_ping = now + options_.ping_interval;
        subscriber.ping(2 * options_.ping_interval);
      }
      // One that closed left its place to another.
      if (i < subscribers_.size() && subscribers_[i].get() == &subscriber) ++i;
    }
    ping_timer_.arm(ping_tick());
  }

  EventSource& source_;
  WorkerPool& workers_;
  const HubOptions options_;
  std::unique_ptr<EventLoop> loop_;
  Ring ring_;
  std::shared_ptr<Gate> gate_;
  Timer ping_timer_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<std::unique_ptr<Subscriber>> graveyard_;
  std::size_t next_visit_ = 0;
  std::size_t left_ = 0;  // visits until everyone is served; 0: at rest
  base::Millis spread_ = 0;
  std::atomic<std::size_t> subscriber_count_{0};
  std::atomic<std::uint64_t> connected_{0}, published_{0}, delivered_{0}, dropped_{0}, sends_{0};
  base::Mutex mutex_;
  std::vector<EventFrame> inbox_ GUARDED_BY(mutex_);
  std::thread thread_;
};

base::Result<std::unique_ptr<Hub>> Hub::start(EventSource& source, WorkerPool& workers,
                                              const base::Clock& clock, HubOptions options) {
  EDGE_TRY(auto loop, EventLoop::create(clock));
  EDGE_TRY(const base::EventId newest, source.newest());
  return std::unique_ptr<Hub>(
      new Hub(std::make_unique<Impl>(source, workers, options, std::move(loop), newest)));
}

Hub::Hub(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hub::~Hub() = default;

void Hub::publish(std::span<const EventFrame> frames) {
  impl_->publish(std::vector<EventFrame>(frames.begin(), frames.end()));
}
void Hub::publish(std::vector<EventFrame> frames) { impl_->publish(std::move(frames)); }
void Hub::subscribe(StreamSocket socket, StreamOptions options) {
  impl_->subscribe(std::move(socket), std::move(options));
}
HubStats Hub::stats() const { return impl_->stats(); }
void Hub::stop() { impl_->stop(); }

}  // namespace gateway
