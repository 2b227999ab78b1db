#include "store/checkpointer.h"

#include <sqlite3.h>

#include "base/log.h"
#include "store/disk_room.h"

namespace store {
namespace {

constexpr int kPatienceMs = 250;
constexpr int kThreshold = 1000;           // pages, 4 MiB
constexpr int kFew = 128;                  // pages that the writer moves whenever a round has ended
constexpr int kLong = 4000;                // pages, 16 MiB: the writer moves any number of them
constexpr int kThresholdNearlyFull = 400;  // of a disk that is nearly full: less than the reserve

ConnectionOptions small(ConnectionOptions options) {
  options.cache_kib = 64;  // a checkpoint reads no pages through the cache
  return options;
}

}  // namespace

Checkpointer::Checkpointer(std::string path, ConnectionOptions options, std::uint64_t nearly_full)
    : path_(std::move(path)),
      options_(small(std::move(options))),
      nearly_full_(nearly_full),
      thread_([this] { work(); }) {}

Checkpointer::~Checkpointer() { stop(); }

void Checkpointer::log_has(int pages) {
  if (pages < pages_) pages_at_round_ = 0;  // the log has started over
  pages_ = pages;
  if (pages - pages_at_round_ < kThreshold || phase_ != Phase::idle) return;
  pages_at_round_ = pages;
  base::Lock lock(mutex_);
  phase_ = Phase::moving;
  wake_.notify_one();
}

bool Checkpointer::nearly_full() const { return disk_room(path_) < nearly_full_; }

Checkpointer::Wanted Checkpointer::wanted() {
  if (pages_ >= kThresholdNearlyFull && nearly_full()) {
    pages_ = 0;
    base::Lock lock(mutex_);
    while (phase_ == Phase::moving && !stopping_) round_ended_.wait(mutex_);
    phase_ = Phase::idle;
    return Wanted::restart;
  }
  auto expected = Phase::remainder;
  if (!phase_.compare_exchange_strong(expected, Phase::idle)) return Wanted::nothing;
  const bool few = pages_ - pages_at_round_ <= kFew;
  return few || pages_ >= kLong ? Wanted::move : Wanted::nothing;
}

void Checkpointer::stop() {
  {
    base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
    round_ended_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::move_passively(Connection& db) {
  const int code =
      sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    base::log::warning("the write-ahead log could not be moved into the database: {}",
                       sqlite3_errstr(code));
  }
}

bool Checkpointer::empty_log(Connection& db, bool patiently) {
  sqlite3_busy_timeout(db.handle(), patiently ? kPatienceMs : 0);
  const int code =
      sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(db.handle(), kBusyTimeoutMs);
  return code == SQLITE_OK;
}

bool Checkpointer::restart_log(Connection& db) {
  sqlite3_busy_timeout(db.handle(), kPatienceMs);
  const int code =
      sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  sqlite3_busy_timeout(db.handle(), kBusyTimeoutMs);
  return code == SQLITE_OK;
}

void Checkpointer::work() {
  std::unique_ptr<Connection> db;  // opened when first needed: an idle daemon has none
  for (;;) {
    {
      base::Lock lock(mutex_);
      while (phase_ != Phase::moving && !stopping_) wake_.wait(mutex_);
      if (stopping_) return;
    }
    if (!db) {
      auto opened = Connection::open(path_, options_);
      if (!opened) {
        base::log::warning("no checkpoint: {}", opened.error().message);
        end_round();  // then the writer does it all
        continue;
      }
      db = *std::move(opened);
    }
    move_passively(*db);
    end_round();
  }
}

void Checkpointer::end_round() {
  base::Lock lock(mutex_);
  phase_ = Phase::remainder;
  round_ended_.notify_all();
}

}  // namespace store
