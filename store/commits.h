// Commits: the writer's transactions as the database sees them: each begins, and is committed
// durably under a number of its own (commit_note.h), or is rolled back whole. Within store/.
//
// Threads: the writer's, but for the counts, which any thread reads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/counter.h"
#include "base/result.h"
#include "store/commit_note.h"
#include "store/connection.h"
#include "store/health.h"

namespace store {

class Commits {
 public:
  // `unsynced_dir`: a folder whose entries are synced before the first commit; "": none.
  Commits(Connection& db, Health& health, std::string unsynced_dir);

  base::Result<> begin();
  // Fails with nothing left of the transaction, on the disk too: a crash does not bring it back.
  base::Result<> commit();
  // Nothing happens where SQLite has rolled back by itself.
  void roll_back();

  // About how long a COMMIT takes, of the latest ones.
  std::chrono::steady_clock::duration about() const { return about_; }
  // How many pages the latest transaction changed.
  std::int64_t pages() const { return pages_; }
  std::uint64_t done() const { return done_; }
  std::uint64_t failed() const { return failed_; }
  base::Histogram::Reading times() const { return times_.read(); }

 private:
  bool changed() const;  // anything, since begin()
  base::Result<> sync_new_dir();
  void note();
  void write_over();

  Connection& db_;
  Health& health_;
  std::string unsynced_dir_;
  std::optional<std::int64_t> last_;   // number of the last commit; nothing: none are numbered
  std::int64_t changes_at_begin_ = 0;  // rows that this connection ever changed
  std::optional<CommitNote> note_;     // opened at the first commit
  bool note_failed_ = false;
  std::chrono::steady_clock::duration about_{};
  std::int64_t pages_ = 0;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};
  base::Histogram times_;
};

}  // namespace store
