#include "messaging/expiry.h"

#include "base/log.h"
#include "messaging/core.h"
#include "store/tables/file_accesses.h"

namespace messaging {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);   // while a window is open
constexpr auto kIdle = std::chrono::minutes(10);
constexpr base::Millis kMarkEvery = 60'000;              // while a window is open
constexpr base::Millis kIdleMarkEvery = 3600 * base::Millis{1000};

}  // namespace

void Expiry::start() {
  thread_ = std::jthread([this] { run(); });
}

void Expiry::stop() {
  {
    base::Lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    news_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  keep_time();
}

void Expiry::look() {
  base::Lock lock(mutex_);
  changed_ = true;
  news_.notify_all();
}

void Expiry::run() {
  std::optional<base::UnixMillis> due;
  base::Millis marked = core_.clock.uptime();
  keep_time();
  for (;;) {
    {
      base::Lock lock(mutex_);
      if (!changed_ && !stopping_) {
        if (due) {
          news_.wait_for(mutex_, kTick);
        } else {
          news_.wait_for(mutex_, kIdle);
        }
      }
      if (stopping_) return;
      if (std::exchange(changed_, false)) due = 0;
    }
    const base::Millis uptime = core_.clock.uptime();
    if (uptime - marked >= (due ? kMarkEvery : kIdleMarkEvery)) {
      marked = uptime;
      keep_time();
    }
    if (!due || core_.timekeeper.read().now < *due) continue;
    end_windows();
    due.reset();
    if (auto reader = core_.store.read()) {
      if (auto next = store::next_due_file_access(reader->connection())) due = *next;
    }
  }
}

void Expiry::end_windows() {
  for (const AccountPtr& account : core_.directory.all()) {
    core_.protected_files.expire(account->id, [](base::Result<> done) {
      if (!done) base::log::warning("windows of protected files: {}", done.error().message);
    });
  }
  core_.store.writer().flush();  // the next look sees what it did
}

void Expiry::keep_time() {
  const auto wall = core_.timekeeper.mark();
  if (!wall) return;
  core_.store.write<void>(
      [wall = *wall](store::Tx& tx) { return store::set_trusted_time(tx.db(), wall); },
      [](base::Result<>) {});
}

}  // namespace messaging
