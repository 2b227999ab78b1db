// RealtimeNote (kind 43): data between two copies of a webxdc app that run at the same time. It is
// neither acknowledged nor repeated nor stored: a peer that is away misses it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/message_ref.h"

namespace messaging {

inline constexpr std::size_t kMaxRealtimeData = 100'000;  // bytes

enum class RealtimeKind : std::uint8_t {
  advertisement = 1,  // the sender's app runs and listens
  answer = 2,         // to one: so does the sender's
  data = 3,
  leave = 4,  // the sender's app listens no longer
};

struct RealtimeNote {
  MessageRef app;
  RealtimeKind kind = RealtimeKind::advertisement;  // other numbers are ignored
  base::UnixMillis sent_at = 0;
  base::Bytes data;
};

//   ref | author | u8 kind | i64 sent at | bytes data
void write_fields(base::WireWriter& out, const RealtimeNote& note);
void read_fields(base::WireReader& in, RealtimeNote& note);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const RealtimeNote& note);
}  // namespace messaging::receiving
