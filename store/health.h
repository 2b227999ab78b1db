// Health: whether the store may be written. Damage found by any connection turns it to "writes
// refused" until the next start (decision 20); reading goes on. And whether acknowledged commits
// were found missing at the start (lost_commits.h). Safe from any thread.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"

namespace store {

class Health {
 public:
  struct State {
    bool writes_refused = false;
    std::string reason;  // what is damaged and what to do; "" when nothing is
  };

  // The first report is the one kept.
  void report_damage(std::string_view what);
  bool writes_refused() const { return refused_.load(std::memory_order_acquire); }
  State state() const;
  // Errc::corrupt with the reason once writes are refused.
  base::Result<> may_write() const;

  // Commits are missing. `report`: the file that says so until a person removes it; "": no file.
  void report_loss(std::string what, std::string report);
  // What is missing; "" when nothing is, or once the report was removed.
  std::string loss() const;

 private:
  std::atomic<bool> refused_{false};
  mutable base::Mutex mutex_;
  std::string reason_ GUARDED_BY(mutex_);
  mutable std::string loss_ GUARDED_BY(mutex_);
  std::string report_ GUARDED_BY(mutex_);
};

}  // namespace store
