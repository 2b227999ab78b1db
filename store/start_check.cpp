#include "store/start_check.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "store/repair.h"

namespace store {

StartCheck::StartCheck(std::string path, ConnectionOptions options, base::Millis after)
    : path_(std::move(path)),
      options_(std::move(options)),
      after_(after),
      thread_([this] { work(); }) {}

StartCheck::~StartCheck() { stop(); }

void StartCheck::stop() {
  {
    base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void StartCheck::work() {
  {
    using Steady = std::chrono::steady_clock;
    const auto begin = Steady::now() + std::chrono::milliseconds(after_);
    base::Lock lock(mutex_);
    while (!stopping_ && Steady::now() < begin) wake_.wait_for(mutex_, begin - Steady::now());
    if (stopping_) return;
  }
  auto db = Connection::open(path_, options_);
  // The connection that met damage has reported it; other failures are not the store's.
  const base::Result<> checked = db ? quick_check(**db) : base::Result<>(std::move(db).error());
  if (!checked && checked.error().code != base::Errc::corrupt) {
    base::log::warning("the store was not checked: {}", checked.error().message);
  }
}

}  // namespace store
