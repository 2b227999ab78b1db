// DirectoryLock: one process per accounts directory. Held as long as the object lives and released
// by the system when the process dies, so that a crash leaves nothing to clean up.
//
// Two locks, both flock(2): on the directory itself, which no clean-up of "stale" files removes,
// and on DIR/lock, by which builds that know only that file and this one exclude each other. The
// pid written into DIR/lock is only for the message a second copy shows. A file system that locks
// no directories leaves DIR/lock alone, and a line in the log.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace store {

class DirectoryLock {
 public:
  // Errc::unavailable "another privitty-edged (pid N) is using DIR".
  static base::Result<DirectoryLock> take(const std::string& dir);
  DirectoryLock(DirectoryLock&& other) noexcept
      : dir_(std::exchange(other.dir_, -1)), file_(std::exchange(other.file_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  DirectoryLock(int dir, int file) : dir_(dir), file_(file) {}
  int dir_;
  int file_;
};

}  // namespace store
