// Ongoing: the one long operation that an account may have under way (a backup, an import, a
// transfer), which stop_ongoing_process ends. Safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/mutex.h"
#include "base/result.h"
#include "messaging/model/types.h"

namespace messaging {

class Ongoing {
 public:
  // Held while the operation runs. Two ways stop it: stop(), and the caller's own token.
  class Operation {
   public:
    Operation(Ongoing& all, AccountId account, std::stop_source source)
        : all_(&all), account_(account), source_(std::move(source)) {}
    Operation(Operation&& other) noexcept
        : all_(std::exchange(other.all_, nullptr)),
          account_(other.account_),
          source_(std::move(other.source_)),
          callers_(std::move(other.callers_)) {}
    Operation& operator=(Operation&&) = delete;
    ~Operation() {
      if (all_ != nullptr) all_->end(account_);
    }
    void follow(const std::stop_token& caller) {
      callers_ = std::make_unique<std::stop_callback<std::function<void()>>>(
          caller, [source = source_]() mutable { source.request_stop(); });
    }
    std::stop_token stop() const { return source_.get_token(); }

   private:
    Ongoing* all_;
    AccountId account_;
    std::stop_source source_;
    std::unique_ptr<std::stop_callback<std::function<void()>>> callers_;
  };

  // Errc::unavailable when the account has one already.
  base::Result<Operation> begin(AccountId account) {
    base::Lock lock(mutex_);
    if (running_.contains(account)) {
      return base::fail(base::Errc::unavailable,
                        "There is already another ongoing process running for this account; "
                        "stop_ongoing_process ends it");
    }
    std::stop_source source;
    running_.emplace(account, source);
    return Operation(*this, account, std::move(source));
  }

  bool busy(AccountId account) const {
    base::Lock lock(mutex_);
    return running_.contains(account);
  }

  // Requests the operation to stop; its own call completes after that. False: there is none.
  bool stop(AccountId account) {
    std::optional<std::stop_source> source;
    {
      base::Lock lock(mutex_);
      const auto found = running_.find(account);
      if (found != running_.end()) source = found->second;
    }
    if (source) source->request_stop();
    return source.has_value();
  }
  void stop_all() {
    std::map<AccountId, std::stop_source> all;
    {
      base::Lock lock(mutex_);
      all = running_;
    }
    for (auto& [account, source] : all) source.request_stop();
  }

 private:
  void end(AccountId account) {
    base::Lock lock(mutex_);
    running_.erase(account);
  }
  mutable base::Mutex mutex_;
  std::map<AccountId, std::stop_source> running_ GUARDED_BY(mutex_);
};

}  // namespace messaging
