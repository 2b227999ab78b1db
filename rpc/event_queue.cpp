#include "rpc/event_queue.h"

#include "rpc/event_json.h"

namespace rpc {

using base::Errc;
using base::fail;

void EventQueue::push(std::span<const messaging::Event> events) {
  bool wanted = false;
  {
    base::Lock lock(mutex_);
    if (stopped_) return;
    for (const messaging::Event& event : events) {
      if (events_.size() == kMaxEvents) {
        events_.pop_front();
        ++dropped_;
      }
      events_.push_back(event);
    }
    wanted = !parked_.empty() && has_news();
  }
  if (wanted) executor_([this] { serve(); });
}

void EventQueue::read(std::size_t most, std::shared_ptr<const std::atomic<bool>> gone,
                      Reader reader) {
  Taken taken;
  std::vector<Parked> left;  // whose callers are gone; they end outside the lock
  {
    base::Lock lock(mutex_);
    if (parked_.size() == kMaxParked) left = sweep();
    if (!stopped_ && has_news() && parked_.empty()) {
      taken = take(most);
    } else if (!stopped_ && parked_.size() < kMaxParked) {
      parked_.push_back(Parked{most, std::move(gone), std::move(reader)});
      if (!has_news()) return;
    }
  }
  if (!reader) return serve();  // parked behind others, with news that serve() hands out in order
  if (taken.events.empty() && taken.dropped == 0) {
    return reader(fail(Errc::unavailable, "too many callers wait for events, or shutting down"));
  }
  reader(encode(taken));
}

void EventQueue::serve() {
  while (true) {
    Parked first;
    Taken taken;
    {
      base::Lock lock(mutex_);
      if (parked_.empty()) return;
      if (!parked_.front().is_gone()) {
        if (!has_news()) return;
        taken = take(parked_.front().most);
      }
      first = std::move(parked_.front());
      parked_.pop_front();
    }
    if (taken.events.empty() && taken.dropped == 0) {
      first.reader(fail(Errc::unavailable, "the caller is gone"));
    } else {
      first.reader(encode(taken));
    }
  }
}

std::vector<EventQueue::Parked> EventQueue::sweep() {
  std::vector<Parked> left;
  std::deque<Parked> kept;
  for (Parked& parked : parked_) {
    if (parked.is_gone()) {
      left.push_back(std::move(parked));
    } else {
      kept.push_back(std::move(parked));
    }
  }
  parked_.swap(kept);
  return left;
}

EventQueue::Taken EventQueue::take(std::size_t most) {
  Taken taken;
  taken.dropped = std::exchange(dropped_, 0);
  const std::size_t room = taken.dropped > 0 ? most - 1 : most;
  while (taken.events.size() < room && !events_.empty()) {
    taken.events.push_back(std::move(events_.front()));
    events_.pop_front();
  }
  return taken;
}

std::vector<std::string> EventQueue::encode(const Taken& taken) const {
  std::vector<std::string> texts;
  texts.reserve(taken.events.size() + 1);
  if (taken.dropped > 0) texts.push_back(overflow_event_json(taken.dropped));
  for (const messaging::Event& event : taken.events) {
    base::ChatId joined;
    if (const auto* body = std::get_if<messaging::SecurejoinInviterProgress>(&event.body)) {
      joined = find_chat_(event.account, body->contact_id);
    }
    texts.push_back(core_event_json(event, joined));
  }
  return texts;
}

void EventQueue::stop() {
  std::deque<Parked> left;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    left.swap(parked_);
  }
  for (Parked& parked : left) parked.reader(fail(Errc::unavailable, "shutting down"));
}

std::size_t EventQueue::parked() const {
  base::Lock lock(mutex_);
  return parked_.size();
}

}  // namespace rpc
