#include "store/write_queue.h"

#include <algorithm>
#include <utility>

namespace store {
namespace {

constexpr std::size_t kAssuredShare = 64;            // of the queue, to each party
constexpr std::size_t kMaxSlowParties = 1'000;       // remembered
constexpr auto kRecently = std::chrono::seconds(1);  // others were served: they may come again

}  // namespace

WriteQueue::WriteQueue(std::size_t most)
    : assured_(most / kAssuredShare),
      queue_({.waiting = most, .waiting_each = (most + 1) / 2, .under_way_each = 1}) {}

bool WriteQueue::put(const std::string& party, QueuedWrite&& write) {
  if (queue_.waiting(party) >= assured_) return queue_.push(party, std::move(write));
  queue_.push_rest(party, std::move(write));
  return true;
}

bool WriteQueue::ready() {
  if (!resting_) return queue_.ready();
  const auto now = Clock::now();
  for (std::size_t slow = slow_.size(); queue_.ready(); --slow) {
    const auto found = slow_.find(*queue_.next());
    if (found == slow_.end() || found->second <= now) return true;
    if (slow == 0) return false;
    queue_.pass_turn();
  }
  return false;
}

std::optional<WriteQueue::Clock::duration> WriteQueue::until_ready() const {
  if (!queue_.ready()) return std::nullopt;
  const auto now = Clock::now();
  Clock::duration rest = kLongestRest;
  for (const auto& [party, until] : slow_) {
    if (until > now) rest = std::min(rest, until - now);
  }
  return rest;
}

void WriteQueue::let_others_first() {
  for (std::size_t slow = slow_.size(); slow > 0; --slow) {
    if (queue_.next() == nullptr || !slow_.contains(*queue_.next())) return;
    queue_.pass_turn();
  }
}

void WriteQueue::end_turn(const std::string& party) {
  queue_.done(party);
  served_.note(party, Clock::now());
}

bool WriteQueue::judge(const std::string& party, Clock::duration took, std::int64_t pages) {
  const bool slow = took > kLongWrite || pages > kManyPages;
  if (!slow) {
    slow_.erase(party);
  } else if (slow_.size() < kMaxSlowParties) {
    slow_.try_emplace(party);
  }
  return slow;
}

void WriteQueue::give_rest(const std::string& party, Clock::time_point begun) {
  const auto now = Clock::now();
  const auto slow = slow_.find(party);
  if (slow == slow_.end() || party.empty()) return;
  if (!served_.others_since(party, begun - kRecently)) return;
  slow->second = now + std::min<Clock::duration>(kRest * (now - begun), kLongestRest);
}

}  // namespace store
