#include "rpc/next_messages.h"

#include <optional>

namespace rpc {

using base::AccountId;
using base::Errc;
using base::fail;

void NextMessages::wait(AccountId account, const Caller& caller, Reader reader) {
  auto now = load_(account);
  if (!now || !now->empty()) return reader(std::move(now));
  if (was_woken(account)) return reader(Ids());
  std::optional<WaiterId> waiter;
  {
    base::Lock lock(mutex_);
    auto place = stopped_ ? std::nullopt : places_.take(caller.party);
    if (place) {
      waiter = next_waiter_++;
      waiters_[account].emplace(*waiter, Parked{std::move(reader), *std::move(place)});
    }
  }
  if (!waiter) {  // then it was not moved: NOLINTNEXTLINE(bugprone-use-after-move)
    return reader(fail(Errc::unavailable, std::string(Parking::kFull)));
  }
  auto hook = caller.input_ended.on_cancel([this, account, at = *waiter] { leave(account, at); });
  {
    base::Lock lock(mutex_);
    if (Parked* const parked = find(account, *waiter)) parked->hook = std::move(hook);
  }
  // A commit between the query and the parking woke nobody: query again.
  serve_soon(account);
}

NextMessages::Parked* NextMessages::find(AccountId account, WaiterId waiter) {
  const auto list = waiters_.find(account);
  if (list == waiters_.end()) return nullptr;
  const auto found = list->second.find(waiter);
  return found == list->second.end() ? nullptr : &found->second;
}

// The input of a waiter's caller ended.
void NextMessages::leave(AccountId account, WaiterId waiter) {
  std::map<WaiterId, Parked>::node_type left;
  {
    base::Lock lock(mutex_);
    const auto list = waiters_.find(account);
    if (list == waiters_.end()) return;
    left = list->second.extract(waiter);
    if (list->second.empty()) waiters_.erase(list);
  }
  if (!left.empty()) {
    left.mapped().reader(fail(Errc::unavailable, std::string(Parking::kInputEnded)));
  }
}

void NextMessages::push(std::span<const messaging::Event> events) {
  std::set<AccountId> accounts;
  {
    base::Lock lock(mutex_);
    if (waiters_.empty()) return;
    for (const messaging::Event& event : events) {
      const bool is_news = std::holds_alternative<messaging::IncomingMsg>(event.body) ||
                           std::holds_alternative<messaging::MsgsChanged>(event.body);
      if (is_news && waiters_.contains(event.account)) accounts.insert(event.account);
    }
  }
  for (const AccountId account : accounts) serve_soon(account);
}

void NextMessages::serve_soon(AccountId account) {
  {
    base::Lock lock(mutex_);
    if (!due_.insert(account).second) return;  // the query that is due sees this too
  }
  executor_(kNoParty, [this, account] {
    {
      base::Lock lock(mutex_);
      due_.erase(account);
    }
    serve(account, false);
  });
}

void NextMessages::wake(AccountId account) {
  {
    base::Lock lock(mutex_);
    if (!waiters_.contains(account)) {
      woken_.insert(account);
      return;
    }
  }
  serve(account, true);
}

bool NextMessages::was_woken(AccountId account) {
  base::Lock lock(mutex_);
  return woken_.erase(account) > 0;
}

void NextMessages::serve(AccountId account, bool empty_too) {
  {
    base::Lock lock(mutex_);
    if (!waiters_.contains(account)) return;
  }
  auto ids = load_(account);
  if (ids && ids->empty() && !empty_too) return;
  for (auto& [waiter, parked] : take(account)) parked.reader(ids);
}

std::map<NextMessages::WaiterId, NextMessages::Parked> NextMessages::take(AccountId account) {
  base::Lock lock(mutex_);
  const auto found = waiters_.find(account);
  if (found == waiters_.end()) return {};
  auto taken = std::move(found->second);
  waiters_.erase(found);
  return taken;
}

void NextMessages::stop() {
  Waiters left;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    left.swap(waiters_);
  }
  for (auto& [account, list] : left) {
    for (auto& [waiter, parked] : list) parked.reader(fail(Errc::unavailable, "shutting down"));
  }
}

std::size_t NextMessages::parked() const { return places_.taken(); }

}  // namespace rpc
