#include "messaging/delivery/expiry.h"

#include "base/log.h"
#include "messaging/delivery/maintenance.h"
#include "messaging/kernel/core.h"
#include "store/tables/file_accesses.h"

namespace messaging::delivery {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);  // while a window is open
constexpr auto kIdle = std::chrono::minutes(10);

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
  keep_time(core_);
}

void Expiry::look() {
  base::Lock lock(mutex_);
  changed_ = true;
  news_.notify_all();
}

void Expiry::run() {
  std::optional<base::UnixMillis> due;
  keep_time(core_);
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
    if (!due || core_.steady->wall().now < *due) continue;
    end_windows();
    due.reset();
    if (auto reader = core_.store.read()) {
      if (auto next = store::next_due_file_access(reader->connection())) due = *next;
    }
  }
}

void Expiry::end_windows() {
  for (const kernel::AccountPtr& account : core_.directory.all()) end_windows_of_(account->id);
  core_.store.writer().flush();  // the next check sees the changes
}

}  // namespace messaging::delivery
