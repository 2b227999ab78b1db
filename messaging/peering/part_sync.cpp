#include "messaging/peering/part_sync.h"

#include <map>
#include <string>
#include <utility>

#include "base/thread_start.h"

namespace messaging::peering {

void PartSync::add(store::SealedBlobWriter file, Done done) {
  bool stopped = false;
  {
    base::Lock lock(mutex_);
    stopped = stopped_;
    const bool runs =
        !stopped && (thread_.joinable() || base::start_thread(thread_, [this] { run(); }));
    if (runs) {
      waiting_.push_back({std::move(file), std::move(done)});
      return news_.notify_one();
    }
  }
  done(stopped ? base::fail(base::Errc::unavailable, "the gateway is shutting down")
               : base::no_thread());
}

void PartSync::stop() {
  std::thread thread;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    thread = std::move(thread_);
    news_.notify_all();
  }
  if (thread.joinable()) thread.join();
}

void PartSync::run() {
  for (;;) {
    std::vector<Waiting> waiting;
    {
      base::Lock lock(mutex_);
      while (waiting_.empty() && !stopped_) news_.wait(mutex_);
      if (waiting_.empty()) return;
      waiting.swap(waiting_);
    }
    std::map<std::string, base::Result<>> synced;  // by file
    for (Waiting& one : waiting) {
      const auto [entry, fresh] = synced.try_emplace(one.file.name());
      if (fresh) entry->second = one.file.sync();
    }
    for (Waiting& one : waiting) one.done(synced.at(one.file.name()));
  }
}

}  // namespace messaging::peering
