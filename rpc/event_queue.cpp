#include "rpc/event_queue.h"

#include <algorithm>

#include "rpc/event_json.h"

namespace rpc {

using base::Errc;
using base::fail;

namespace {

bool is_delta_chats(const messaging::Event& event) {
  // Applications' events are for the listeners of their channels.
  if (std::holds_alternative<messaging::ChannelEvent>(event.body)) return false;
  return !event_type(event).starts_with("Privitty");
}

}  // namespace

void EventQueue::push(std::span<const messaging::Event> events) {
  bool wanted = false;
  {
    base::Lock lock(mutex_);
    if (stopped_) return;
    for (const messaging::Event& event : events) {
      if (!is_delta_chats(event)) continue;
      if (events_.size() == kMaxEvents) {
        Count& oldest = counts_[events_.front().account];
        --oldest.waiting;
        ++oldest.dropped;
        events_.pop_front();
      }
      ++counts_[event.account].waiting;
      events_.push_back(event);
    }
    wanted = !parked_.empty();
  }
  if (wanted) executor_([this] { serve(); });
}

void EventQueue::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  const auto erased = std::erase_if(events_, [&](const messaging::Event& event) {
    return event.account == account &&
           !std::holds_alternative<messaging::AccountsChanged>(event.body);
  });
  const auto count = counts_.find(account);
  if (count == counts_.end()) return;
  count->second.waiting -= erased;
  count->second.dropped = 0;
  if (count->second.waiting == 0) counts_.erase(count);
}

bool EventQueue::has_news(const Access& access) const {
  const auto any = [&](const auto& entry) {
    return (entry.second.waiting > 0 || entry.second.dropped > 0) && access.may_see(entry.first);
  };
  return std::any_of(counts_.begin(), counts_.end(), any);
}

void EventQueue::read(std::size_t most, const Caller& caller, Reader reader) {
  Taken taken;
  std::vector<Parked> left;  // whose callers are gone; they end outside the lock
  bool parks = false;
  {
    base::Lock lock(mutex_);
    if (parked_.size() == kMaxParked) left = sweep();
    if (!stopped_ && parked_.empty() && has_news(*caller.access)) {
      taken = take(most, *caller.access);
    } else if (!stopped_ && parked_.size() < kMaxParked) {
      parks = true;
      parked_.push_back(Parked{most, caller.access, caller.gone, std::move(reader)});
      if (!has_news(*caller.access)) return;
    }
  }
  if (parks) return serve();  // parked behind others, with news that serve() hands out in order
  if (taken.events.empty() && taken.dropped == 0) {  // NOLINTNEXTLINE: it was not moved
    return reader(fail(Errc::unavailable, "too many callers wait for events, or shutting down"));
  }
  reader(encode(taken));
}

// The first who is gone or for whom there is something.
std::optional<std::size_t> EventQueue::next_served() const {
  for (std::size_t i = 0; i < parked_.size(); ++i) {
    if (parked_[i].is_gone() || has_news(*parked_[i].access)) return i;
  }
  return std::nullopt;
}

void EventQueue::serve() {
  while (true) {
    Parked first;
    Taken taken;
    {
      base::Lock lock(mutex_);
      const auto next = next_served();
      if (!next) return;
      first = std::move(parked_[*next]);
      parked_.erase(parked_.begin() + static_cast<std::ptrdiff_t>(*next));
      if (!first.is_gone()) taken = take(first.most, *first.access);
    }
    if (taken.events.empty() && taken.dropped == 0) {
      first.reader(fail(Errc::unavailable, "the caller is gone"));
    } else {
      first.reader(encode(taken));
    }
  }
}

std::vector<EventQueue::Parked> EventQueue::sweep() {
  // Looked at first: where all are there, each further call would move them all for nothing.
  if (std::none_of(parked_.begin(), parked_.end(), [](const Parked& p) { return p.is_gone(); })) {
    return {};
  }
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

EventQueue::Taken EventQueue::take(std::size_t most, const Access& access) {
  Taken taken;
  for (auto& [account, count] : counts_) {
    if (access.may_see(account)) taken.dropped += std::exchange(count.dropped, 0);
  }
  const std::size_t room = taken.dropped > 0 ? most - 1 : most;
  for (auto at = events_.begin(); at != events_.end() && taken.events.size() < room;) {
    if (!access.may_see(at->account)) {
      ++at;
      continue;
    }
    --counts_[at->account].waiting;
    taken.events.push_back(std::move(*at));
    at = events_.erase(at);  // at the front for whoever sees everything
  }
  std::erase_if(counts_, [](const auto& entry) {
    return entry.second.waiting == 0 && entry.second.dropped == 0;
  });
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
