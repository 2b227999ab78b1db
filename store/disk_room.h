// Room on a disk: what is left of it, and how much of it may be filled with what others send, which
// is all but its last tenth.
#pragma once

#include <cstdint>
#include <string>

namespace store {

// Free bytes of the disk that holds `path`; the largest number where that cannot be found out.
std::uint64_t disk_room(const std::string& path);

// All bytes of it, in the same way.
std::uint64_t disk_size(const std::string& path);

// Whether `size` bytes of others leave a tenth of it free. True where its size cannot be found out.
bool has_room(const std::string& dir, std::uint64_t size);

// How much the file may grow until it meets the limit on the size of this process's files
// (RLIMIT_FSIZE); no end without such a limit. A file that is not there has all of it.
std::uint64_t room_to_grow(const std::string& path);

}  // namespace store
