#include "rpc/event_queue.h"

#include <algorithm>

#include "rpc/event_json.h"

namespace rpc {

using base::Errc;
using base::fail;

namespace {

bool is_for_readers(const messaging::Event& event) {
  // Applications' events are for the listeners of their channels.
  if (std::holds_alternative<messaging::ChannelEvent>(event.body)) return false;
  // Since Delta Chat's 2.65, whose own Python client of that version ends at it: whoever may pin
  // would end a bot. MsgsChanged names the message.
  if (std::holds_alternative<messaging::PinnedMessagesChanged>(event.body)) return false;
  return !event_type(event).starts_with("Privitty");
}

// The kind that stays in the queue when its account is removed.
bool outlives_account(const messaging::Event& event) {
  return std::holds_alternative<messaging::AccountsChanged>(event.body);
}

}  // namespace

void EventQueue::push(std::span<const messaging::Event> events) {
  bool wanted = false;
  {
    base::Lock lock(mutex_);
    if (stopped_) return;
    for (const messaging::Event& event : events) {
      if (!is_for_readers(event)) continue;
      if (events_.size() == kMaxEvents) drop_oldest();
      ++counts_[event.account].waiting;
      events_.push_back({next_number_++, event});
    }
    wanted = !parked_.empty();
  }
  if (wanted) executor_(kNoParty, [this] { serve(); });
}

void EventQueue::drop_oldest() {
  Count& oldest = counts_[events_.front().event.account];
  --oldest.waiting;
  ++oldest.dropped;
  events_.pop_front();
}

void EventQueue::forget(base::AccountId account) {
  constexpr std::size_t kMostForgotten = 1'000;  // answers under way are few and short
  base::Lock lock(mutex_);
  forgotten_.insert(account);
  if (forgotten_.size() > kMostForgotten) forgotten_.erase(forgotten_.begin());
  const auto erased = std::erase_if(events_, [&](const Entry& entry) {
    return entry.event.account == account && !outlives_account(entry.event);
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

void EventQueue::read(std::size_t most, const Caller& caller,
                      std::shared_ptr<base::LeasedItems> leased, Reader reader) {
  if (caller.input_ended.cancelled()) {
    return reader(fail(Errc::unavailable, std::string(Parking::kInputEnded)));
  }
  Taken taken;
  std::optional<WaitNumber> number;
  bool news = false;
  {
    base::Lock lock(mutex_);
    news = has_news(*caller.access);
    if (!stopped_ && parked_.empty() && news) {
      taken = take(most, *caller.access);
    } else if (!stopped_) {
      if (auto place = places_.take(caller.party)) {
        number = next_wait_++;
        parked_.emplace(*number, Parked{most, caller.access, std::move(leased), std::move(reader),
                                        *std::move(place)});
      }
    }
  }
  if (number) {
    auto hook = caller.input_ended.on_cancel([this, at = *number] { leave(at); });
    {
      base::Lock lock(mutex_);
      const auto parked = parked_.find(*number);
      if (parked != parked_.end()) parked->second.hook = std::move(hook);
    }
    // Parked behind other readers: serve() gives events to parked readers in order.
    if (news) executor_(kNoParty, [this] { serve(); });
    return;
  }
  if (taken.empty()) {  // NOLINTNEXTLINE: it was not moved
    return reader(fail(Errc::unavailable, std::string(Parking::kFull)));
  }
  answer_reader(std::move(taken), *leased, reader);
}

// The input of a parked reader's caller ended.
void EventQueue::leave(WaitNumber number) {
  std::map<WaitNumber, Parked>::node_type left;
  {
    base::Lock lock(mutex_);
    left = parked_.extract(number);
  }
  if (!left.empty()) {
    left.mapped().reader(fail(Errc::unavailable, std::string(Parking::kInputEnded)));
  }
}

void EventQueue::serve() {
  while (true) {
    std::map<WaitNumber, Parked>::node_type first;
    Taken taken;
    {
      base::Lock lock(mutex_);
      auto next = parked_.begin();
      while (next != parked_.end() && !has_news(*next->second.access)) ++next;
      if (next == parked_.end()) return;
      first = parked_.extract(next);
      taken = take(first.mapped().most, *first.mapped().access);
    }
    answer_reader(std::move(taken), *first.mapped().leased, first.mapped().reader);
  }
}

void EventQueue::answer_reader(Taken taken, base::LeasedItems& leased, Reader& reader) {
  auto texts = encode(taken);
  leased.add([home = home_, taken = std::move(taken)] {
    const base::Lock lock(home->mutex);
    if (home->queue != nullptr) home->queue->put_back(taken);
  });
  reader(std::move(texts));
}

void EventQueue::put_back(const Taken& taken) {
  bool wanted = false;
  {
    base::Lock lock(mutex_);
    if (stopped_) return;
    for (const auto& [account, dropped] : taken.dropped) {
      if (!forgotten_.contains(account)) counts_[account].dropped += dropped;
    }
    for (const Entry& entry : taken.events) {
      const base::AccountId account = entry.event.account;
      if (forgotten_.contains(account) && !outlives_account(entry.event)) continue;
      const auto later = [](const Entry& a, std::uint64_t number) { return a.number < number; };
      events_.insert(std::lower_bound(events_.begin(), events_.end(), entry.number, later), entry);
      ++counts_[account].waiting;
    }
    while (events_.size() > kMaxEvents) drop_oldest();
    wanted = !parked_.empty();
  }
  if (wanted) executor_(kNoParty, [this] { serve(); });
}

EventQueue::Taken EventQueue::take(std::size_t most, const Access& access) {
  Taken taken;
  for (auto& [account, count] : counts_) {
    if (count.dropped == 0 || !access.may_see(account)) continue;
    taken.dropped[account] = std::exchange(count.dropped, 0);
  }
  const std::size_t room = taken.dropped.empty() ? most : most - 1;
  for (auto at = events_.begin(); at != events_.end() && taken.events.size() < room;) {
    if (!access.may_see(at->event.account)) {
      ++at;
      continue;
    }
    --counts_[at->event.account].waiting;
    taken.events.push_back(std::move(*at));
    at = events_.erase(at);  // at the front for callers that see every account
  }
  std::erase_if(counts_, [](const auto& entry) {
    return entry.second.waiting == 0 && entry.second.dropped == 0;
  });
  return taken;
}

std::vector<std::string> EventQueue::encode(const Taken& taken) const {
  std::vector<std::string> texts;
  texts.reserve(taken.events.size() + 1);
  std::uint64_t dropped = 0;
  for (const auto& [account, count] : taken.dropped) dropped += count;
  if (dropped > 0) texts.push_back(overflow_event_json(dropped));
  for (const auto& [number, event] : taken.events) {
    base::ChatId joined;
    if (const auto* body = std::get_if<messaging::SecurejoinInviterProgress>(&event.body)) {
      joined = find_chat_(event.account, body->contact_id);
    }
    texts.push_back(core_event_json(event, joined));
  }
  return texts;
}

void EventQueue::stop() {
  std::map<WaitNumber, Parked> left;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    left.swap(parked_);
  }
  for (auto& [number, parked] : left) {
    parked.reader(fail(Errc::unavailable, "shutting down"));
  }
}

std::size_t EventQueue::parked() const {
  base::Lock lock(mutex_);
  return parked_.size();
}

}  // namespace rpc
