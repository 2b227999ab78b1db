// Avatar (kind 7): the sender's profile picture.
//
//   avatar = u64 number | file (file_note.h)
//
// Without a file the sender has no picture any more. Of two avatars the one with the higher number
// wins, in whatever order they arrive; a change's number is one more than the last, or the clock in
// milliseconds.
#pragma once

#include <cstdint>
#include <optional>

#include "messaging/model/content_kind.h"
#include "messaging/model/file_note.h"

namespace messaging {

struct Avatar {
  std::uint64_t number = 0;
  std::optional<FileNote> picture;
};

void write_fields(base::WireWriter& out, const Avatar& avatar);
void read_fields(base::WireReader& in, Avatar& avatar);
inline const FileNote* file_of(const Avatar& avatar) { return pointer_to(avatar.picture); }

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const Avatar& avatar);
}  // namespace messaging::receiving
