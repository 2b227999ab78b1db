#include "messaging/chats/chat_timers.h"

#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/timer_lines.h"
#include "store/tables/message_timers.h"

namespace messaging::chats {
namespace {

base::Result<> put_timer(const kernel::WriteContext& write, store::ChatRow& chat,
                         const TimerValue& value) {
  chat.timer = value.seconds;
  chat.timer_number = static_cast<std::int64_t>(value.number);
  EDGE_CHECK(store::update_chat(write.scope, chat));
  return write.emit(ChatEphemeralTimerModified{chat.id, value.seconds});
}

}  // namespace

TimerValue timer_of(const store::ChatRow& chat) {
  return {static_cast<std::uint64_t>(chat.timer_number), chat.timer};
}

base::Result<> take_timer(const kernel::WriteContext& write, store::ChatRow& chat,
                          const store::ContactRow& from, const TimerValue& value) {
  if (value.number == 0 || value <= timer_of(chat)) return {};
  const bool changed = value.seconds != chat.timer;
  if (!changed) {
    chat.timer_number = static_cast<std::int64_t>(value.number);
    return store::update_chat(write.scope, chat);
  }
  EDGE_CHECK(put_timer(write, chat, value));
  // A contact that was not accepted adds no lines.
  if (chat.blocked != store::ChatBlocked::no) return {};
  const auto who = from.id == kSelf ? std::nullopt : std::optional(shown_name(from));
  EDGE_CHECK(add_info_message(write.tx, write.scope, chat.id, SystemMessage::ephemeral_timer,
                              kernel::timer_line(write.core.stock, value.seconds, who), from.id));
  return {};
}

base::Result<> set_timer(const kernel::WriteContext& write, store::ChatRow& chat,
                         std::uint32_t seconds, bool shared) {
  TimerValue value = timer_of(chat);
  value.seconds = seconds;
  ++value.number;
  if (write.protocol().abilities().dated_groups) {
    // By mail, received values are numbered by their mail's date in seconds; our own value of the
    // same second is the earlier one (messaging/mail/form/mail_content.h).
    const auto second = static_cast<std::uint64_t>(write.tx.now() / 1000);
    value.number = std::max(value.number, second * 1000);
  }
  EDGE_CHECK(put_timer(write, chat, value));
  if (!shared) return {};
  EDGE_CHECK(add_info_message(write.tx, write.scope, chat.id, SystemMessage::ephemeral_timer,
                              kernel::timer_line(write.core.stock, seconds, std::nullopt), kSelf));
  return {};
}

base::Result<> start_timers(const kernel::WriteContext& write, base::ChatId chat) {
  EDGE_TRY(const bool started, store::start_chat_timers(write.scope, chat, write.steady()));
  if (started) write.signal(&kernel::Signals::windows_changed);
  return {};
}

base::Result<> start_timer(const kernel::WriteContext& write, base::MsgId message) {
  EDGE_TRY(const bool started, store::start_message_timer(write.scope, message, write.steady()));
  if (started) write.signal(&kernel::Signals::windows_changed);
  return {};
}

}  // namespace messaging::chats
