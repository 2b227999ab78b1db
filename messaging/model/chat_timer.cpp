#include "messaging/model/chat_timer.h"

namespace messaging {
void write_value(base::WireWriter& out, const TimerValue& value) {
  out.u32(value.seconds).u64(value.number);
}

TimerValue read_value(base::WireReader& in) {
  TimerValue value;
  value.seconds = in.u32();
  value.number = in.u64();
  if (value.number > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  return value;
}

void write_fields(base::WireWriter& out, const ChatTimer& timer) {
  out.boolean(timer.group.has_value());
  if (timer.group) out.fixed(*timer.group);
  write_value(out, timer.value);
}

void read_fields(base::WireReader& in, ChatTimer& timer) {
  if (in.boolean()) timer.group = in.array<16>();
  timer.value = read_value(in);
}

}  // namespace messaging
