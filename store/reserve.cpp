#include "store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace store {
namespace {

// What stays free beside it: more than the write-ahead log takes on a disk that is nearly full.
constexpr std::uint64_t kLeft = 5 * Reserve::kSize / 8;

}  // namespace

Reserve::Reserve(std::string dir) : dir_(std::move(dir)), path_(dir_ + "/reserve") {}

void Reserve::renew() {
  base::Lock lock(mutex_);
  const bool small = disk_size(dir_) < 4 * kSize;
  struct stat info {};
  const std::uint64_t have =
      ::stat(path_.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  const std::uint64_t room = disk_room(dir_);
  if (have >= kSize || room < (small ? 2 * kSize : kLeft)) return;
  const std::uint64_t size = std::min(kSize, have + room - kLeft);
  if (size <= have || size < kSize / 4) return;
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const bool taken = ::posix_fallocate(fd, 0, static_cast<off_t>(size)) == 0;
  ::close(fd);
  if (!taken && have == 0) ::unlink(path_.c_str());
}

void Reserve::use() {
  base::Lock lock(mutex_);
  if (::unlink(path_.c_str()) != 0) return;
  base::log::warning("the disk is full: the reserve is given up, so that deleting works");
}

}  // namespace store
