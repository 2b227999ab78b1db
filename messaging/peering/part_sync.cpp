#include "messaging/peering/part_sync.h"

#include <map>
#include <string>
#include <utility>

namespace messaging::peering {

void PartSync::add(store::SealedBlobWriter file, Done done) {
  {
    base::Lock lock(mutex_);
    if (!stopped_) {
      waiting_.push_back({std::move(file), std::move(done)});
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
      return news_.notify_one();
    }
  }
  done(base::fail(base::Errc::unavailable, "the gateway is shutting down"));
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
