#include "messaging/file_worker.h"

#include <utility>

namespace messaging {

FileWorker::FileWorker() : thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

FileWorker::~FileWorker() { stop(); }

base::Result<> FileWorker::post(Job job) {
  base::Lock lock(mutex_);
  if (stopped_) return base::fail(base::Errc::unavailable, "the gateway is shutting down");
  if (jobs_.size() >= kMaxWaiting) {
    return base::fail(base::Errc::unavailable,
                      "too many files wait to be copied; try again in a moment");
  }
  jobs_.push_back(std::move(job));
  news_.notify_one();
  return {};
}

void FileWorker::stop() {
  std::deque<Job> dropped;  // answered outside the lock
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    dropped.swap(jobs_);
    thread_.request_stop();
    news_.notify_all();
  }
  dropped.clear();
  if (thread_.joinable()) thread_.join();
}

void FileWorker::run(std::stop_token stop) {
  for (;;) {
    Job job;
    {
      base::Lock lock(mutex_);
      while (jobs_.empty() && !stopped_) news_.wait(mutex_);
      if (stopped_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(stop);
  }
}

}  // namespace messaging
