// Timers of chats: after how many seconds new messages vanish. A change is a content (kind 6);
// every text carries its chat's value too, so that a member who missed a change learns it.
//
//   chat timer = bool of a group [group id 16] | value
//   value      = u32 seconds (0: never) | u64 number
//
// The value is a register: of two values the one with the higher number counts, then the longer
// one, so that members agree whatever the order of arrival. A change has one more than the highest
// number that its author has seen; number 0 is no value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "messaging/model/content_kind.h"
#include "messaging/model/group_state.h"

namespace messaging {

struct TimerValue {
  std::uint64_t number = 0;
  std::uint32_t seconds = 0;
  friend auto operator<=>(const TimerValue&, const TimerValue&) = default;
};

struct ChatTimer {
  std::optional<GroupId> group;  // nothing: of the chat with the sender
  TimerValue value;
};

void write_value(base::WireWriter& out, const TimerValue& value);
TimerValue read_value(base::WireReader& in);
void write_fields(base::WireWriter& out, const ChatTimer& timer);
void read_fields(base::WireReader& in, ChatTimer& timer);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const ChatTimer& timer);
}  // namespace messaging::receiving
