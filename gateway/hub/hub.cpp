#include "gateway/hub/hub.h"

#include <algorithm>
#include <chrono>

#include "gateway/hub/hub_impl.h"
#include "messaging/model/events.h"

namespace gateway {
namespace {

constexpr auto kSlice = std::chrono::microseconds(500);
constexpr base::Millis kLookAgain = 2;  // at the readers that the ring waits for
constexpr std::string_view kAccountsChanged = messaging::AccountsChanged::kName;
constexpr base::Millis kAckDelay = 2'000;  // longer than any system waits with acknowledging

}  // namespace

void Hub::Impl::forget(base::AccountId account) {
  gate_->run([this, account] {
    take_inbox();
    intake_.forget(account, kAccountsChanged);
    ring_.forget(account, kAccountsChanged);
  });
}

void Hub::Impl::subscribe(StreamSocket socket, StreamOptions options) {
  loop_->post([this, socket = std::move(socket), options = std::move(options)]() mutable {
    add(std::move(socket), std::move(options));
  });
}

HubStats Hub::Impl::stats() const {
  return {.subscribers = subscriber_count_,
          .connected = connected_,
          .published = published_ + intake_.unread(),
          .delivered = delivered_,
          .dropped = dropped_,
          .sends = sends_,
          .kept_bytes = kept_,
          .lag = lag_,
          .waiting = waiting_};
}

void Hub::Impl::count(std::vector<Audience> audiences,
                      base::UniqueFunction<void(std::vector<std::size_t>)> done) {
  gate_->run([this, audiences = std::move(audiences), done = std::move(done)]() mutable {
    std::vector<std::size_t> counts;
    counts.reserve(audiences.size());
    for (const Audience& audience : audiences) counts.push_back(count_of(audience));
    done(std::move(counts));
  });
}

void Hub::Impl::list(std::optional<std::string> channel,
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

void Hub::Impl::stop() {
  if (!thread_.joinable()) return;
  intake_.close();
  gate_->close();
  loop_->post([this] {
    ping_timer_.disarm();
    feed_timer_.disarm();
    while (!subscribers_.empty()) subscribers_.back()->close();
    graveyard_.clear();
    loop_->stop();
  });
  thread_.join();
}

void Hub::Impl::closed(Subscriber& subscriber) {
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
  if (subscribers_.empty()) intake_.set_read(false);
  // The subscriber that moved may not have been visited yet; restart the round.
  if (left_ > 0) left_ = subscribers_.size();
  if (graveyard_.size() == 1) loop_->defer([this] { graveyard_.clear(); });
}

std::size_t Hub::Impl::count_of(const Audience& audience) const {
  const Token token = token_of(audience.channel);
  const auto found = listeners_.find(token);
  if (found == listeners_.end()) return 0;
  if (audience.where.empty()) return found->second;
  return static_cast<std::size_t>(
      std::count_if(subscribers_.begin(), subscribers_.end(), [&](const auto& subscriber) {
        return subscriber->listens_to(token) && subscriber->fits(audience.where);
      }));
}

// Appends while that evicts no event which a subscriber that keeps up has not been sent: a burst
// larger than the ring must not overwrite events that could not have been read yet.
void Hub::Impl::feed() {
  bool appended = false;
  while (!intake_.empty() && make_room()) {
    if (ring_.append(intake_.front())) {
      published_.fetch_add(1, std::memory_order_relaxed);
      appended = true;
    }
    intake_.pop();
  }
  if (!intake_.empty()) feed_timer_.arm(kLookAgain);
  if (appended) fan_out_again();
}

// False: a subscriber has to be waited for.
bool Hub::Impl::make_room() {
  const std::uint64_t sequence = ring_.over_bound();
  if (sequence == ring_.first()) return true;
  if (has_to_wait(sequence)) return false;
  for (auto& subscriber : subscribers_) {
    dropped_.fetch_add(subscriber->forget_below(sequence), std::memory_order_relaxed);
  }
  ring_.drop_below(sequence);
  return true;
}

bool Hub::Impl::has_to_wait(std::uint64_t sequence) {
  const base::Millis now = loop_->now();
  const bool somebody =
      std::any_of(subscribers_.begin(), subscribers_.end(), [&](const auto& subscriber) {
        return subscriber->keeps_up_below(sequence, now - options_.stalled);
      });
  if (somebody && !intake_.over_bound() && patience_.wait(now)) return true;
  patience_.stop(now);
  return false;
}

// Visits every subscriber once more, in slices; events published meanwhile extend the round, and a
// subscriber that is visited then gets all of them in one send.
void Hub::Impl::fan_out_again() {
  const bool resting = left_ == 0;
  left_ = subscribers_.size();
  if (resting && left_ > 0) loop_->defer([this] { fan_out_slice(); });
}

void Hub::Impl::fan_out_slice() {
  const auto until = std::chrono::steady_clock::now() + kSlice;
  for (int visits = 1; left_ > 0; ++visits) {
    if (next_visit_ >= subscribers_.size()) next_visit_ = 0;
    --left_;
    if (subscribers_[next_visit_++]->deliver()) left_ = subscribers_.size();
    if (subscribers_.empty()) left_ = 0;
    if (left_ == 0 && !intake_.empty()) return feed();
    if (visits % 16 == 0 && left_ > 0 && std::chrono::steady_clock::now() >= until) {
      return loop_->defer([this] { fan_out_slice(); });
    }
  }
}

// Between half an interval and a whole one, so that a crowd that came at once is not pinged at
// once.
base::Millis Hub::Impl::first_ping() {
  const base::Millis half = std::max<base::Millis>(1, options_.ping_interval / 2);
  spread_ = (spread_ + half * 5 / 8 + 1) % half;
  return half + spread_;
}

void Hub::Impl::ping_some() {
  const base::Millis now = loop_->now();
  std::uint64_t lag = 0;
  for (std::size_t i = 0; i < subscribers_.size();) {
    Subscriber& subscriber = *subscribers_[i];
    lag = std::max(lag, subscriber.lag());
    if (subscriber.next_ping <= now) {
      subscriber.next_ping = now + options_.ping_interval;
      // The last ping is acknowledged by now, or the client's machine has vanished.
      subscriber.ping(std::max(options_.ping_interval, kAckDelay));
    }
    // One that closed left its place to another.
    if (i < subscribers_.size() && subscribers_[i].get() == &subscriber) ++i;
  }
  lag_.store(lag, std::memory_order_relaxed);
  waiting_.store(intake_.size(), std::memory_order_relaxed);
  // With no subscriber there is nothing to do until the next one.
  if (!subscribers_.empty()) ping_timer_.arm(ping_tick());
}

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
void Hub::wait_for_room() { impl_->wait_for_room(); }
void Hub::close_all() { impl_->close_all(); }
void Hub::forget(base::AccountId account) { impl_->forget(account); }
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
