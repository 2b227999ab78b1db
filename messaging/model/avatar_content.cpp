#include "messaging/model/avatar_content.h"

namespace messaging {

void write_fields(base::WireWriter& out, const Avatar& avatar) {
  out.u64(avatar.number);
  write_file_note(out, avatar.picture);
}

void read_fields(base::WireReader& in, Avatar& avatar) {
  avatar.number = in.u64();
  if (avatar.number > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  avatar.picture = read_file_note(in);
}

}  // namespace messaging
