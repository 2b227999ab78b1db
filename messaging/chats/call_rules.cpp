#include "messaging/chats/call_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/chats/chat_rules.h"

namespace messaging::chats {
namespace {

CallState after_ringing(bool incoming, CallEnd end) {
  if (incoming) return end == CallEnd::by_us ? CallState::declined : CallState::missed;
  return end == CallEnd::by_us ? CallState::canceled : CallState::declined;
}

// As in Delta Chat, where an outgoing call that nobody answered is both declined and canceled.
std::string_view text_after_ringing(bool incoming, CallEnd end) {
  if (incoming) return end == CallEnd::by_us ? "Declined call" : "Missed call";
  return end == CallEnd::by_peer ? "Declined call" : "Canceled call";
}

std::string duration_text(base::Millis duration) {
  const base::Millis minutes = duration / 60'000;
  if (minutes < 1) return "<1 minute";
  return minutes == 1 ? "1 minute" : fmt::format("{} minutes", minutes);
}

}  // namespace

std::string call_text(bool incoming, bool video) {
  return fmt::format("{} {} call", incoming ? "Incoming" : "Outgoing", video ? "video" : "audio");
}

base::Millis rings_for(base::UnixMillis placed_at, base::UnixMillis now) {
  if (placed_at >= now) return kRings;  // the caller's clock may be ahead
  return std::max<base::Millis>(kRings - std::min(now - placed_at, kRings), 0);
}

base::Result<bool> accept_call(const kernel::WriteContext& write, store::CallRow& call,
                               std::string answer) {
  if (call.state != CallState::rings) return false;
  call.state = CallState::active;
  call.accepted_at = write.tx.now();
  call.answer = std::move(answer);
  EDGE_CHECK(store::put_call(write.scope, call));
  return true;
}

base::Result<bool> end_call(const kernel::WriteContext& write, store::CallRow& call,
                            store::MessageRow message, CallEnd end) {
  const bool incoming = message.from != kSelf;
  call.ended_at = write.tx.now();
  if (call.state == CallState::active) {
    call.state = CallState::completed;
    call.ended_at = std::max(call.ended_at, call.accepted_at);
    message.text =
        call_text(incoming, call.video) + "\n" + duration_text(call.ended_at - call.accepted_at);
  } else if (call.state == CallState::rings) {
    call.state = after_ringing(incoming, end);
    message.text = text_after_ringing(incoming, end);
  } else {
    return false;
  }
  EDGE_CHECK(store::put_call(write.scope, call));
  EDGE_CHECK(store::update_message(write.scope, message));
  EDGE_CHECK(emit_changed(write.tx, write.account.id, message.chat, message.id));
  EDGE_CHECK(write.emit(CallEnded{message.chat, message.id}));
  return true;
}

}  // namespace messaging::chats
