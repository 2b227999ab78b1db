// StreamPhase: where an event stream stands between the takeover of its connection and its end, and
// which phase may follow which. Plain values; one thread.
//
//   begun -> opening -> behind <-> replaying -> joining -> current <-> lagging
//
// Before it is live (joining, current, lagging) a stream gets what the log holds; once it is live,
// frames of the ring. One that rereads (StreamManner) goes back to the log instead of lagging, no
// other does. Any phase but `closed` may be followed by `closed`.
#pragma once

#include <cstdint>
#include <string_view>

namespace gateway {

enum class StreamPhase : std::uint8_t {
  begun,      // where the stream begins is not decided yet
  opening,    // a worker reads what comes first: accounts' states, channels' initial data
  behind,     // the log has to be read on
  replaying,  // a worker reads the log
  joining,    // live; the log was read further than the ring has come: those frames are skipped
  current,    // live; has missed nothing since it was last at the end of the ring
  lagging,    // live; the ring dropped frames that this stream wanted, and it was not at the end
              // since
  closed,
};
inline constexpr int kStreamPhases = 8;

std::string_view name_of(StreamPhase phase);
// Whether `to` may follow `from`.
bool may_follow(StreamPhase from, StreamPhase to);

constexpr bool is_live(StreamPhase phase) {
  return phase == StreamPhase::joining || phase == StreamPhase::current ||
         phase == StreamPhase::lagging;
}

}  // namespace gateway
