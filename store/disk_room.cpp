#include "store/disk_room.h"

#include <sys/statvfs.h>

namespace store {

bool has_room(const std::string& dir, std::uint64_t size) {
  struct statvfs info {};
  if (statvfs(dir.c_str(), &info) != 0) return true;
  const std::uint64_t total = std::uint64_t{info.f_blocks} * info.f_frsize;
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  return free > size && free - size > total / 10;
}

}  // namespace store
