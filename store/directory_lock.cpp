#include "store/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

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
  const std::string path = dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return base::fail_errno(base::Errc::io, "open " + path, errno);
  DirectoryLock out(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return base::fail_errno(base::Errc::io, "lock " + path, errno);
    return base::fail(base::Errc::unavailable,
                      "another privitty-edged" + holder(fd) + " is using " + dir +
                          "; stop it first, or choose another folder with --accounts");
  }
  // Always of one length, so that nothing is cut off first: some file systems make a start wait for
  // the disk when a file is emptied and written again.
  std::string pid = std::to_string(::getpid());
  pid.resize(kPidLength, ' ');
  pid += '\n';
  // The number is a courtesy: a full disk must not keep anybody from reading their store.
  if (::pwrite(fd, pid.data(), pid.size(), 0) < 0) errno = 0;
  return out;
}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace store
