// GroupUpdate (kind 11): a group's state, from one member to another; an empty state requests the
// whole.
#pragma once

#include <optional>

#include "messaging/model/content_kind.h"
#include "messaging/model/file_note.h"
#include "messaging/model/group_state.h"

namespace messaging {

struct GroupUpdate {
  GroupId group{};
  GroupState state;
  std::optional<FileNote> image;  // the picture that the state names
};

void write_fields(base::WireWriter& out, const GroupUpdate& update);
void read_fields(base::WireReader& in, GroupUpdate& update);
inline const FileNote* file_of(const GroupUpdate& update) { return pointer_to(update.image); }

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const GroupUpdate& update);
base::Result<Portion> apply_some(const Received& received, const GroupUpdate& update);
}  // namespace messaging::receiving
