// How much of a disk may be filled with what others send: all but its last tenth.
#pragma once

#include <cstdint>
#include <string>

namespace store {

// True where the size of the disk cannot be found out.
bool has_room(const std::string& dir, std::uint64_t size);

// How much the file may grow until it meets the limit on the size of this process's files
// (RLIMIT_FSIZE); no end without such a limit. A file that is not there has all of it.
std::uint64_t room_to_grow(const std::string& path);

}  // namespace store
