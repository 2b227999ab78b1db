#include "messaging/delivery/expiry.h"

#include "messaging/delivery/maintenance.h"
#include "messaging/kernel/core.h"

namespace messaging::delivery {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);  // while anything has an end
constexpr auto kIdle = std::chrono::minutes(1);
constexpr base::Millis kMinute = 60'000;
constexpr std::size_t kAccountsAtOnce = 16;  // more writes would fill the writer's queue for others

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
    bool changed = false;
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
      changed = std::exchange(changed_, false);
    }
    if (changed) due = next_due();
    const bool over = due && core_.steady->wall().now >= *due;
    if (!over && core_.clock.uptime() - looked < kMinute) continue;
    looked = core_.clock.uptime();
    end_what_is_over(over);
    due = next_due();
  }
}

std::optional<base::UnixMillis> Expiry::next_due() const {
  std::optional<base::UnixMillis> due;
  auto reader = core_.store.read();
  if (!reader) return due;
  for (const Kind& kind : kinds_) {
    const auto next = kind.next(reader->connection());
    if (next && *next && (!due || **next < *due)) due = *next;
  }
  return due;
}

void Expiry::end_what_is_over(bool due) {
  std::size_t begun = 0;
  for (const kernel::AccountPtr& account : core_.directory.all()) {
    for (const Kind& kind : kinds_) {
      if (due || kind.each_minute) kind.end(account->id);
    }
    if (++begun % kAccountsAtOnce == 0) core_.store.writer().flush();
  }
  core_.store.writer().flush();  // the next check sees the changes
}

}  // namespace messaging::delivery
