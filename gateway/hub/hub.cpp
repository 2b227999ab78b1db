#include "gateway/hub/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "gateway/http/exchange.h"
#include "gateway/hub/frame_text.h"
#include "gateway/hub/replay.h"
#include "gateway/hub/ring.h"
#include "gateway/hub/subscriber.h"
#include "messaging/channels.h"

namespace gateway {
namespace {

constexpr auto kSlice = std::chrono::microseconds(500);
constexpr base::Millis kAckDelay = 2'000;  // longer than any system waits with acknowledging
constexpr int kPingTicks = 64;             // an interval's pings are spread over so many turns

}  // namespace

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

  // Whoever is visited closes when its key has ended.
  void close_ended() {
    gate_->run([this] { fan_out_again(); });
  }

  HubStats stats() const {
    return {.subscribers = subscriber_count_,
            .connected = connected_,
            .published = published_,
            .delivered = delivered_,
            .dropped = dropped_,
            .sends = sends_,
            .kept_bytes = kept_};
  }

  void count(std::vector<Audience> audiences,
             base::UniqueFunction<void(std::vector<std::size_t>)> done) {
    gate_->run([this, audiences = std::move(audiences), done = std::move(done)]() mutable {
      std::vector<std::size_t> counts;
      counts.reserve(audiences.size());
      for (const Audience& audience : audiences) counts.push_back(count_of(audience));
      done(std::move(counts));
    });
  }

  void list(std::optional<std::string> channel,
            base::UniqueFunction<void(std::vector<SubscriberInfo>)> done) {
    gate_->run([this, channel = std::move(channel), done = std::move(done)]() mutable {
      const Token token = channel ? token_of(*channel) : 0;
      std::vector<SubscriberInfo> infos;
      for (const auto& subscriber : subscribers_) {
        if (!channel || subscriber->listens_to(token)) infos.push_back(subscriber->info());
      }
      done(std::move(infos));
    });
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

  bool keep_bytes(std::ptrdiff_t more) override {
    kept_.fetch_add(static_cast<std::size_t>(more), std::memory_order_relaxed);
    return more <= 0 || kept_.load(std::memory_order_relaxed) <= options_.kept_bytes;
  }

  void closed(Subscriber& subscriber) override {
    if (const auto filter = subscriber.asked(); !filter->channels.empty()) {
      for (const std::string& channel : filter->channels) {
        const auto found = listeners_.find(token_of(channel));
        if (found != listeners_.end() && --found->second == 0) listeners_.erase(found);
      }
    }
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
    const ReplayRequest request{.after = subscriber.replayed_to(),
                                .limit = options_.replay_step,
                                .bytes = options_.replay_bytes,
                                .filter = subscriber.asked(),
                                .told_floor = subscriber.told_floor};
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
  Token token_of(std::string_view channel) const {
    return channel == messaging::kMessagesChannel ? 0 : ring_.token(channel);
  }

  std::size_t count_of(const Audience& audience) const {
    const Token token = token_of(audience.channel);
    const auto found = listeners_.find(token);
    if (found == listeners_.end()) return 0;
    if (audience.where.empty()) return found->second;
    return static_cast<std::size_t>(
        std::count_if(subscribers_.begin(), subscribers_.end(), [&](const auto& subscriber) {
          return subscriber->listens_to(token) && subscriber->fits(audience.where);
        }));
  }

  // What comes first is read on a worker. The stream itself begins here and now: whatever is
  // published once the client sees its head reaches it.
  void read_opening(Subscriber& subscriber, bool snapshot) {
    subscriber.begin_opening(ring_.last_id());
    base::UniqueFunction<void()> work = [source = &source_, filter = subscriber.asked(), snapshot,
                                         link = subscriber.link(), gate = gate_, this]() mutable {
      auto opening = source->open(*filter, snapshot);
      gate->run([this, link = std::move(link), opening = std::move(opening)]() mutable {
        if (link->subscriber != nullptr) on_opening(*link->subscriber, std::move(opening));
      });
    };
    if (!workers_.submit(std::move(work))) subscriber.close();
  }

  void on_opening(Subscriber& subscriber, base::Result<StreamOpening> opening) {
    if (!opening) {
      base::log::warning("A stream could not be opened: {}", opening.error().message);
      return subscriber.close();  // the client comes again
    }
    subscriber.replay_step_done();
    base::EventId from = subscriber.replayed_to();
    if (opening->snapshot && subscriber.asked()->channels.empty()) {
      from = std::max(from, opening->position);
    } else if (opening->snapshot) {
      subscriber.messages_after = opening->position;
    }
    for (EventFrame& frame : opening->frames) {
      if (&frame == &opening->frames.back()) frame.id = from;
      if (frame.channel && frame.channel->fill) {
        append_filled_frame(subscriber.out(), frame, subscriber.info().properties);
      } else {
        append_frame(subscriber.out(), frame);
      }
    }
    if (opening->frames.empty()) append_position(subscriber.out(), from);
    continue_after(subscriber, from);
    if (subscriber.deliver()) behind(subscriber);
  }

  void continue_after(Subscriber& subscriber, base::EventId id) {
    if (id >= ring_.floor()) {
      subscriber.join(id);
    } else {
      subscriber.begin_replay(id);
    }
  }

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
    const ResumePoint resume = options.resume;
    const bool named = options.named;
    const bool snapshot = options.snapshot;
    const bool opens = snapshot || !options.filter.channels.empty();
    if (options.retry) socket.unsent += fmt::format("retry: {}\n\n", *options.retry);
    auto owned = std::make_unique<Subscriber>(*this, *loop_, std::move(socket), named,
                                              compile(std::move(options)));
    Subscriber& subscriber = *owned;
    if (!subscriber.watch()) return;
    subscriber.place = subscribers_.size();
    subscriber.next_ping = loop_->now() + first_ping();
    subscribers_.push_back(std::move(owned));
    // It may stand in front of the round's place, and must take nobody's turn.
    if (left_ > 0) left_ = subscribers_.size();
    subscriber_count_.store(subscribers_.size(), std::memory_order_relaxed);
    subscriber.since = clock_.now();
    subscriber.snapshot_after_lag = snapshot;
    for (const std::string& channel : subscriber.asked()->channels) {
      ++listeners_[token_of(channel)];
    }

    if (!resume.given && opens) {
      read_opening(subscriber, snapshot);
    } else if (!resume.given) {
      // A client that is cut off before its first event knows where to resume.
      append_position(subscriber.out(), ring_.last_id());
      subscriber.join(ring_.last_id());
    } else if (!resume.after) {
      append_lag(subscriber.out(), ring_.last_id(), std::nullopt);
      if (opens) {
        read_opening(subscriber, snapshot);
      } else {
        subscriber.join(ring_.last_id());
      }
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
    if (step.lag && subscriber.snapshot_after_lag) {
      // Accounts' states stand for whatever was missed.
      subscriber.snapshot_after_lag = false;
      read_opening(subscriber, true);
      if (subscriber.deliver()) behind(subscriber);
      return;
    }
    std::uint64_t appended = 0;
    for (const EventFrame& frame : step.frames) appended += subscriber.append(frame) ? 1U : 0U;
    delivered_.fetch_add(appended, std::memory_order_relaxed);
    subscriber.told_floor = step.floor;
    subscriber.set_replayed_to(step.reached);
    if (step.failed) {
      append_lag(subscriber.out(), ring_.floor(), std::nullopt);
      subscriber.join(ring_.floor());
    } else if (step.reached >= ring_.floor()) {
      subscriber.join(step.reached);
    }
    if (subscriber.deliver()) behind(subscriber);
  }

  // Nothing for those who want every messaging event: most of them, and cheaper without.
  std::unique_ptr<const RingFilter> compile(StreamOptions options) const {
    if (options.filter.passes_all() && options.properties.empty()) return nullptr;
    auto compiled = std::make_unique<RingFilter>();
    for (const std::string& type : options.filter.types) {
      compiled->types.push_back(ring_.token(type));
    }
    for (const std::string& channel : options.filter.channels) {
      if (const Token token = token_of(channel); token != 0) compiled->channels.push_back(token);
    }
    compiled->properties = std::move(options.properties);
    compiled->asked = std::make_shared<const EventFilter>(std::move(options.filter));
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
        // What the last ping sent is acknowledged by now, or there is nobody.
        subscriber.ping(std::max(options_.ping_interval, kAckDelay));
      }
      // One that closed left its place to another.
      if (i < subscribers_.size() && subscribers_[i].get() == &subscriber) ++i;
    }
    ping_timer_.arm(ping_tick());
  }

  EventSource& source_;
  WorkerPool& workers_;
  const base::Clock& clock_;
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
  std::unordered_map<Token, std::size_t> listeners_;  // of streams that name channels
  std::atomic<std::size_t> subscriber_count_{0}, kept_{0};
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
      new Hub(std::make_unique<Impl>(source, workers, options, std::move(loop), clock, newest)));
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
void Hub::close_ended() { impl_->close_ended(); }
void Hub::count(std::vector<Audience> audiences,
                base::UniqueFunction<void(std::vector<std::size_t>)> done) {
  impl_->count(std::move(audiences), std::move(done));
}
void Hub::list(std::optional<std::string> channel,
               base::UniqueFunction<void(std::vector<SubscriberInfo>)> done) {
  impl_->list(std::move(channel), std::move(done));
}
HubStats Hub::stats() const { return impl_->stats(); }
void Hub::stop() { impl_->stop(); }

}  // namespace gateway
