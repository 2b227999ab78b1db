// CommitNote: beside a database, the number of its last commit that is surely on the disk. Within
// store/.
//
// SQLite's recovery ends at the first broken frame of the write-ahead log, and silently drops the
// commits after it. So the writer numbers its commits: the number is written into the database
// (counter "commit" of account 0) by the commit itself and into <database>.last_commit after the
// commit's sync. A database that opens with a lower number than the note's has lost acknowledged
// commits.
//
// The note is never newer than the durable commits: it is written after the sync. Neither the note
// nor its creation is synced, so it costs a commit one small write. kill -9 leaves it in the page
// cache; after a power cut it may be older than the database, which is harmless. A note that cannot
// be read counts as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/connection.h"
#include "store/file.h"

namespace store {

class CommitNote {
 public:
  // Makes the file when there is none. One thread uses it.
  static base::Result<CommitNote> open(const std::string& database);
  // After the commit of that number. A failure is logged, once.
  void write(std::int64_t number);

 private:
  explicit CommitNote(File file) : file_(std::move(file)) {}
  File file_;
  bool failed_ = false;
};

std::string commit_note_path(const std::string& database);
std::optional<std::int64_t> read_commit_note(const std::string& database);

// The number in the database: 0 before the first numbered commit.
base::Result<std::int64_t> commit_number(Connection& db);
// In a transaction.
base::Result<> set_commit_number(Connection& db, std::int64_t number);

}  // namespace store
