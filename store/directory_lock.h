// DirectoryLock: one process per accounts directory. Held as long as the object lives and released
// by the system when the process dies, so that a crash leaves nothing to clean up. The pid written
// into DIR/lock is only for the message a second copy shows.
#pragma once

#include <string>

#include "base/result.h"

namespace store {

class DirectoryLock {
 public:
  // Errc::unavailable "another privitty-edged (pid N) is using DIR".
  static base::Result<DirectoryLock> take(const std::string& dir);
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace store
