#include "rpc/next_messages.h"

#include <algorithm>
#include <set>

namespace rpc {

using base::AccountId;
using base::Errc;
using base::fail;

void NextMessages::wait(AccountId account, std::shared_ptr<const std::atomic<bool>> gone,
                        Reader reader) {
  auto now = load_(account);
  if (!now || !now->empty()) return reader(std::move(now));
  std::vector<Parked> left;
  bool parks = false;
  {
    base::Lock lock(mutex_);
    if (count_ >= kMaxParked) left = sweep();
    parks = !stopped_ && count_ < kMaxParked;
    if (parks) {
      waiters_[account].push_back(Parked{std::move(gone), std::move(reader)});
      ++count_;
    }
  }
  if (!parks) {  // then it was not moved: NOLINTNEXTLINE(bugprone-use-after-move)
    return reader(fail(Errc::unavailable, "too many callers wait for messages, or shutting down"));
  }
  // What was committed between the look and the parking woke nobody.
  serve(account, false);
}

void NextMessages::push(std::span<const messaging::Event> events) {
  std::set<AccountId> accounts;
  {
    base::Lock lock(mutex_);
    if (count_ == 0) return;
    for (const messaging::Event& event : events) {
      const bool is_news = std::holds_alternative<messaging::IncomingMsg>(event.body) ||
                           std::holds_alternative<messaging::MsgsChanged>(event.body);
      if (is_news && waiters_.contains(event.account)) accounts.insert(event.account);
    }
  }
  for (const AccountId account : accounts) {
    executor_([this, account] { serve(account, false); });
  }
}

void NextMessages::wake(AccountId account) { serve(account, true); }

void NextMessages::serve(AccountId account, bool empty_too) {
  auto ids = load_(account);
  if (ids && ids->empty() && !empty_too) return;
  for (Parked& parked : take(account)) parked.reader(ids);
}

std::vector<NextMessages::Parked> NextMessages::take(AccountId account) {
  base::Lock lock(mutex_);
  const auto found = waiters_.find(account);
  if (found == waiters_.end()) return {};
  std::vector<Parked> taken = std::move(found->second);
  waiters_.erase(found);
  count_ -= taken.size();
  return taken;
}

std::vector<NextMessages::Parked> NextMessages::sweep() {
  std::vector<Parked> left;
  for (auto& [account, list] : waiters_) {
    const auto gone = std::stable_partition(list.begin(), list.end(), [](const Parked& parked) {
      return parked.gone == nullptr || !parked.gone->load(std::memory_order_relaxed);
    });
    std::move(gone, list.end(), std::back_inserter(left));
    list.erase(gone, list.end());
  }
  count_ -= left.size();
  return left;
}

void NextMessages::stop() {
  Waiters left;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    left.swap(waiters_);
    count_ = 0;
  }
  for (auto& [account, list] : left) {
    for (Parked& parked : list) parked.reader(fail(Errc::unavailable, "shutting down"));
  }
}

std::size_t NextMessages::parked() const {
  base::Lock lock(mutex_);
  return count_;
}

}  // namespace rpc
