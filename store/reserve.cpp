#include "store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/log.h"

namespace store {

Reserve::Reserve(std::string dir) : dir_(std::move(dir)), path_(dir_ + "/reserve") {}

void Reserve::renew() {
  base::Lock lock(mutex_);
  struct stat info {};
  const bool there = ::stat(path_.c_str(), &info) == 0;
  if ((there && static_cast<std::uint64_t>(info.st_size) >= kSize) || disk_room(dir_) < 2 * kSize) {
    return;
  }
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const bool taken = ::posix_fallocate(fd, 0, static_cast<off_t>(kSize)) == 0;
  ::close(fd);
  if (!taken) ::unlink(path_.c_str());
}

void Reserve::use() {
  base::Lock lock(mutex_);
  if (::unlink(path_.c_str()) != 0) return;
  base::log::warning("the disk is full: the reserve is given up, so that deleting works");
}

}  // namespace store
