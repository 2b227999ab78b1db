#include "messaging/kernel/file_worker.h"

#include <utility>

#include "base/cancel_scope.h"
#include "base/thread_start.h"

namespace messaging::kernel {

FileWorker::~FileWorker() { stop(); }

base::Result<> FileWorker::post(Job job) {
  const auto* const scope = base::CancelScope::current();
  Waiting waiting{std::move(job), std::nullopt};
  if (scope != nullptr) waiting.cancellation = scope->cancellation();
  base::Lock lock(mutex_);
  if (stopped_) return base::fail(base::Errc::unavailable, "the gateway is shutting down");
  if (threads_.empty() && !add_thread()) return base::no_thread();
  if (!jobs_.push(scope == nullptr ? std::string() : scope->party(), std::move(waiting))) {
    return base::fail(base::Errc::unavailable,
                      "too many files wait to be copied; try again in a moment");
  }
  wake_one();
  return {};
}

// Also called by a thread that takes or ends a job, because another job may have become ready.
void FileWorker::wake_one() {
  if (!jobs_.ready() || stopped_) return;
  if (idle_ > 0) {
    news_.notify_one();
  } else if (threads_.size() < most_threads_) {
    add_thread();  // otherwise the existing threads take it in turn
  }
}

bool FileWorker::add_thread() {
  std::thread thread;
  if (!base::start_thread(thread, [this] { run(); })) return false;
  threads_.push_back(std::move(thread));
  return true;
}

void FileWorker::stop() {
  std::vector<Waiting> dropped;  // answered outside the lock
  std::vector<std::thread> threads;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    dropped = jobs_.remove_if([](const std::string&, const Waiting&) { return true; });
    for (std::stop_source& one : running_) one.request_stop();
    threads.swap(threads_);
    news_.notify_all();
  }
  dropped.clear();
  for (std::thread& thread : threads) thread.join();
}

void FileWorker::run() {
  for (;;) {
    std::optional<Queue::Popped> next;
    std::list<std::stop_source>::iterator source;
    {
      base::Lock lock(mutex_);
      ++idle_;
      while (!jobs_.ready() && !stopped_) news_.wait(mutex_);
      --idle_;
      if (stopped_) return;
      next = jobs_.pop();
      source = running_.emplace(running_.end());
      wake_one();
    }
    const auto& cancellation = next->item.cancellation;
    if (!cancellation || !cancellation->cancelled()) {
      base::Cancellation::Hook hook;
      if (cancellation) {
        hook = cancellation->on_cancel([stop = *source]() mutable { stop.request_stop(); });
      }
      next->item.job(source->get_token());
    }
    next->item.job = nullptr;  // its destructor completes a job that was not answered
    base::Lock lock(mutex_);
    running_.erase(source);
    jobs_.done(next->key);
    wake_one();
  }
}

}  // namespace messaging::kernel
