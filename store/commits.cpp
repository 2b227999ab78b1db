#include "store/commits.h"

#include <sqlite3.h>

#include <utility>

#include "base/log.h"
#include "store/file.h"

namespace store {

namespace {

// Into the log, since the last call.
std::int64_t written_pages(Connection& db) {
  int pages = 0;
  int unused = 0;
  sqlite3_db_status(db.handle(), SQLITE_DBSTATUS_CACHE_WRITE, &pages, &unused, 1);
  return pages;
}

}  // namespace

Commits::Commits(Connection& db, Health& health, std::string unsynced_dir)
    : db_(db), health_(health), unsynced_dir_(std::move(unsynced_dir)) {
  // Nothing where the database cannot be read; it takes no writes then.
  if (const auto last = commit_number(db_)) last_ = *last;
}

base::Result<> Commits::begin() {
  EDGE_CHECK(db_.run("BEGIN IMMEDIATE"));
  changes_at_begin_ = sqlite3_total_changes64(db_.handle());
  return {};
}

bool Commits::changed() const { return sqlite3_total_changes64(db_.handle()) != changes_at_begin_; }

base::Result<> Commits::commit() {
  EDGE_CHECK(sync_new_dir());
  // A transaction that changed nothing writes nothing, and has no number.
  if (last_ && changed()) EDGE_CHECK(set_commit_number(db_, *last_ + 1));
  const auto begin = std::chrono::steady_clock::now();
  auto done = db_.run("COMMIT");
  const auto took = std::chrono::steady_clock::now() - begin;
  about_ = (7 * about_ + took) / 8;
  pages_ = written_pages(db_);
  times_.add(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
  if (!done) {
    ++failed_;
    roll_back();
    write_over();
    return std::move(done).error();
  }
  ++done_;
  if (changed()) note();
  return {};
}

// The database is in this folder since a moment ago: nothing in it is acknowledged that a power cut
// would take along with its name.
base::Result<> Commits::sync_new_dir() {
  if (unsynced_dir_.empty() || !changed()) return {};
  EDGE_CHECK(sync_dir(unsynced_dir_));
  unsynced_dir_.clear();
  return {};
}

// After the commit's sync, so that the note is never newer than what the disk holds.
void Commits::note() {
  if (!last_) return;
  ++*last_;
  if (!note_ && !note_failed_) {
    auto opened = CommitNote::open(db_.path());
    note_failed_ = !opened;
    if (opened) {
      note_.emplace(*std::move(opened));
    } else {
      base::log::warning("commits are not noted: {}", opened.error().message);
    }
  }
  if (note_) note_->write(*last_);
}

void Commits::roll_back() {
  if (db_.in_transaction()) (void)db_.run("ROLLBACK");
}

// A COMMIT whose sync failed may be complete in the log, and a crash would replay it although its
// callers got an error. A small commit in its place makes it unreadable.
void Commits::write_over() {
  if (health_.writes_refused()) return;
  if (db_.run("UPDATE store_meta SET value=value+1 WHERE name='written_over'")) return;
  roll_back();
}

}  // namespace store
