#include "messaging/model/realtime_content.h"

namespace messaging {

void write_fields(base::WireWriter& out, const RealtimeNote& note) {
  write_ref(out, note.app);
  write_author(out, note.app.author);
  out.u8(static_cast<std::uint8_t>(note.kind)).i64(note.sent_at).bytes(note.data);
}

void read_fields(base::WireReader& in, RealtimeNote& note) {
  note.app = read_ref(in);
  note.app.author = read_author(in);
  note.kind = static_cast<RealtimeKind>(in.u8());
  note.sent_at = in.i64();
  note.data = base::to_bytes(in.bytes(kMaxRealtimeData));
}

}  // namespace messaging
