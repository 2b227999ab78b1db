#include "messaging/kernel/file_worker.h"

#include <utility>

#include "base/cancel_scope.h"

namespace messaging {

FileWorker::FileWorker() : thread_([this] { run(); }) {}

FileWorker::~FileWorker() { stop(); }

base::Result<> FileWorker::post(Job job) {
  const auto* const scope = base::CancelScope::current();
  Waiting waiting{std::move(job), std::nullopt};
  if (scope != nullptr) waiting.cancellation = scope->cancellation();
  base::Lock lock(mutex_);
  if (stopped_) return base::fail(base::Errc::unavailable, "the gateway is shutting down");
  if (!jobs_.push(scope == nullptr ? std::string() : scope->party(), std::move(waiting))) {
    return base::fail(base::Errc::unavailable,
                      "too many files wait to be copied; try again in a moment");
  }
  news_.notify_one();
  return {};
}

void FileWorker::stop() {
  std::vector<Waiting> dropped;  // answered outside the lock
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    dropped = jobs_.remove_if([](const std::string&, const Waiting&) { return true; });
    running_.request_stop();
    news_.notify_all();
  }
  dropped.clear();
  if (thread_.joinable()) thread_.join();
}

void FileWorker::run() {
  for (;;) {
    std::optional<Queue::Popped> next;
    std::stop_source source;
    {
      base::Lock lock(mutex_);
      while (!jobs_.ready() && !stopped_) news_.wait(mutex_);
      if (stopped_) return;
      next = jobs_.pop();
      running_ = source;
    }
    const auto& cancellation = next->item.cancellation;
    if (!cancellation || !cancellation->cancelled()) {
      base::Cancellation::Hook hook;
      if (cancellation)
        hook = cancellation->on_cancel([source]() mutable { source.request_stop(); });
      next->item.job(source.get_token());
    }
    next->item.job = nullptr;  // whoever was not answered is told now
    base::Lock lock(mutex_);
    jobs_.done(next->key);
  }
}

}  // namespace messaging
