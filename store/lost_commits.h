// Handles a database that is behind its note (commit_note.h) at the start: keeps the write-ahead
// log before anything writes into it, logs the loss, and reports the missing commits in
// <database>.lost, which stays until a person removes it. Within store/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/health.h"

namespace store {

inline constexpr std::size_t kKeptLogs = 3;  // the newest ones

// Read the note before the database is opened: if another process writes to the database, the note
// is then no newer than the database that is found.
struct LossCheck {
  std::string database;
  std::optional<std::int64_t> noted;  // nothing: no note, so nothing can be missing

  static LossCheck begin(std::string database);

  // Before anybody opens the database for writing. `look` reads it; null: there is no database any
  // more. Keeps <database>-wal as <database>-wal.damaged-<unix seconds> when commits are missing.
  // `health` may be null. A log or report that cannot be kept is logged and stops nothing.
  void compare(Connection* look, Health* health) const;
  // Once the database is open for writing: its numbers continue after the note's, so that the next
  // start does not report the loss again.
  base::Result<> go_on(Connection& db) const;
};

// For programs that repair or replace the database: the loss was looked at. Moves the report to
// `aside` and forgets the note.
base::Result<> settle_loss(const std::string& database, const std::string& aside);

}  // namespace store
