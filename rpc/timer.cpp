#include "rpc/timer.h"

#include <optional>
#include <string>

#include "base/thread_start.h"

namespace rpc {

using base::Errc;
using base::fail;

void Timer::after(std::chrono::milliseconds delay, const Caller& caller, Task task) {
  std::optional<Key> key;
  std::map<Key, Waiting>::node_type alone;  // nobody would wake it
  {
    base::Lock lock(mutex_);
    auto place = stopped_ ? std::nullopt : places_.take(caller.party);
    if (place) {
      key.emplace(std::chrono::steady_clock::now() + delay, next_++);
      const auto added = waiting_.emplace(*key, Waiting{std::move(task), *std::move(place)}).first;
      if (!thread_.joinable() && !base::start_thread(thread_, [this] { run(); })) {
        alone = waiting_.extract(added);
      }
      changed_.notify_one();
    }
  }
  if (!alone.empty()) return alone.mapped().task(base::no_thread());
  if (!key) {  // then it was not moved: NOLINTNEXTLINE(bugprone-use-after-move)
    return task(fail(Errc::unavailable, std::string(Parking::kFull)));
  }
  auto hook = caller.input_ended.on_cancel([this, at = *key] { leave(at); });
  base::Lock lock(mutex_);
  const auto waits = waiting_.find(*key);
  if (waits != waiting_.end()) waits->second.hook = std::move(hook);
}

// The input of a waiter's caller ended.
void Timer::leave(const Key& key) {
  std::map<Key, Waiting>::node_type left;
  {
    base::Lock lock(mutex_);
    left = waiting_.extract(key);
  }
  if (!left.empty()) {
    left.mapped().task(fail(Errc::unavailable, std::string(Parking::kInputEnded)));
  }
}

void Timer::stop() {
  std::jthread thread;
  std::map<Key, Waiting> left;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
    left.swap(waiting_);
  }
  if (thread.joinable()) thread.join();
  for (auto& [key, waits] : left) waits.task(fail(Errc::unavailable, "shutting down"));
}

void Timer::run() {
  while (true) {
    std::map<Key, Waiting>::node_type due;
    {
      base::Lock lock(mutex_);
      while (due.empty()) {
        if (stopped_) return;
        if (waiting_.empty()) {
          changed_.wait(mutex_);
          continue;
        }
        const auto first = waiting_.begin();
        const auto left = first->first.first - std::chrono::steady_clock::now();
        if (left > std::chrono::nanoseconds::zero()) {
          changed_.wait_for(mutex_, left);
          continue;
        }
        due = waiting_.extract(first);
      }
    }
    due.mapped().task(base::Result<>());
  }
}

}  // namespace rpc
