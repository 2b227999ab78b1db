#include "store/disk_room.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <limits>

namespace store {

std::uint64_t disk_room(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

std::uint64_t disk_size(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{info.f_blocks} * info.f_frsize;
}

bool has_room(const std::string& dir, std::uint64_t size) {
  struct statvfs info {};
  if (statvfs(dir.c_str(), &info) != 0) return true;
  const std::uint64_t total = std::uint64_t{info.f_blocks} * info.f_frsize;
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  return free > size && free - size > total / 10;
}

std::uint64_t room_to_grow(const std::string& path) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  struct stat info {};
  const auto size = ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  return limit.rlim_cur - std::min<std::uint64_t>(size, limit.rlim_cur);
}

}  // namespace store
