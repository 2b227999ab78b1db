// How much of a disk may be filled with what others send: all but its last tenth.
#pragma once

#include <cstdint>
#include <string>

namespace store {

// True where the size of the disk cannot be found out.
bool has_room(const std::string& dir, std::uint64_t size);

}  // namespace store
