#include "store/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/log.h"

namespace store {
namespace {

constexpr std::size_t kPidLength = 10;

std::string holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  long pid = 0;
  if (size <= 0 || std::from_chars(text.data(), text.data() + size, pid).ec != std::errc()) {
    return "";
  }
  return " (pid " + std::to_string(pid) + ")";
}

}  // namespace

base::Result<DirectoryLock> DirectoryLock::take(const std::string& dir) {
  DirectoryLock out(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1);
  if (out.dir_ < 0) return base::fail_errno(base::Errc::io, "open " + dir, errno);
  const bool dir_locked = ::flock(out.dir_, LOCK_EX | LOCK_NB) == 0;
  const int dir_error = dir_locked ? 0 : errno;
  const std::string path = dir + "/lock";
  out.file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (out.file_ < 0) return base::fail_errno(base::Errc::io, "open " + path, errno);
  const bool file_locked = ::flock(out.file_, LOCK_EX | LOCK_NB) == 0;
  const int file_error = file_locked ? 0 : errno;
  if (dir_error == EWOULDBLOCK || file_error == EWOULDBLOCK) {
    return base::fail(base::Errc::unavailable,
                      "another privitty-edged" + holder(out.file_) + " is using " + dir +
                          "; stop it first, or choose another folder with --accounts");
  }
  if (!file_locked) return base::fail_errno(base::Errc::io, "lock " + path, file_error);
  if (!dir_locked) {
    base::log::warning("{}: only {} keeps a second daemon out, do not remove it",
                       base::fail_errno(base::Errc::io, "lock " + dir, dir_error).message, path);
  }
  // Always of one length, so that nothing is cut off first: some file systems make a start wait for
  // the disk when a file is emptied and written again.
  std::string pid = std::to_string(::getpid());
  pid.resize(kPidLength, ' ');
  pid += '\n';
  // The number only serves the error of a second daemon: a full disk must not prevent a start.
  if (::pwrite(out.file_, pid.data(), pid.size(), 0) < 0) errno = 0;
  return out;
}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(dir_, other.dir_);
  std::swap(file_, other.file_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
  if (dir_ >= 0) ::close(dir_);
}

}  // namespace store
