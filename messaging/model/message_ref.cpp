#include "messaging/model/message_ref.h"

namespace messaging {

void write_ref(base::WireWriter& out, const MessageRef& ref) {
  out.fixed(ref.uuid).boolean(ref.of_recipient);
}

MessageRef read_ref(base::WireReader& in) {
  MessageRef ref;
  ref.uuid = in.array<16>();
  ref.of_recipient = in.boolean();
  return ref;
}

void write_author(base::WireWriter& out, const std::optional<MemberKey>& author) {
  out.boolean(author.has_value());
  if (author) out.fixed(*author);
}

std::optional<MemberKey> read_author(base::WireReader& in) {
  if (!in.boolean()) return std::nullopt;
  return in.array<32>();
}

}  // namespace messaging
