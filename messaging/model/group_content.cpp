#include "messaging/model/group_content.h"

#include <utility>

namespace messaging {

void write_fields(base::WireWriter& out, const GroupUpdate& update) {
  out.fixed(update.group).bytes(encode(update.state));
  write_file_note(out, update.image);
}

void read_fields(base::WireReader& in, GroupUpdate& update) {
  update.group = in.array<16>();
  auto state = decode_group_state(in.bytes(kMaxGroupState), MemberKeys::unchecked);
  if (state) {
    update.state = *std::move(state);
  } else {
    in.refuse();
  }
  update.image = read_file_note(in);
}

}  // namespace messaging
