#include "messaging/delivery/expiry.h"

#include "base/log.h"
#include "messaging/delivery/maintenance.h"
#include "messaging/kernel/core.h"
#include "store/tables/file_accesses.h"
#include "store/tables/message_timers.h"

namespace messaging::delivery {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);  // while a window is open or a timer runs
constexpr auto kIdle = std::chrono::minutes(1);
constexpr base::Millis kOldMessagesEvery = 60'000;  // by the setting delete_device_after

void take_earlier(std::optional<base::UnixMillis>& due,
                  const base::Result<std::optional<base::UnixMillis>>& next) {
  if (next && *next && (!due || **next < *due)) due = *next;
}

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
  base::Millis looked = 0;
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
    const bool over = due && core_.steady->wall().now >= *due;
    if (!over && core_.clock.uptime() - looked < kOldMessagesEvery) continue;
    looked = core_.clock.uptime();
    end_what_is_over(over);
    due.reset();
    if (auto reader = core_.store.read()) {
      take_earlier(due, store::next_due_file_access(reader->connection()));
      take_earlier(due, store::next_expiring_message(reader->connection()));
    }
  }
}

void Expiry::end_what_is_over(bool windows_too) {
  for (const kernel::AccountPtr& account : core_.directory.all()) {
    if (windows_too) ends_.windows(account->id);
    ends_.messages(account->id);
  }
  core_.store.writer().flush();  // the next check sees the changes
}

}  // namespace messaging::delivery
