// Events as JSON: the line of the event stream (type first, snake_case) and Delta Chat's core
// events (get_next_event: kind and camelCase).
#pragma once

#include <optional>
#include <string>

#include "messaging/api/opening.h"
#include "messaging/model/events.h"

namespace rpc {

// The `data:` of an event line: {"type":"IncomingMsg","account_id":1,"chat_id":12,"msg_id":17}.
// Without line breaks, whatever the texts hold. For a channel's event: the published data.
std::string event_json(const messaging::Event& event);

// The event's type, as in `type`.
std::string_view event_type(const messaging::Event& event);

// The chat it is about; 0 when none.
base::ChatId chat_of(const messaging::Event& event);

// The state of an account that begins a stream with snapshot=1: {"type":"Snapshot","account_id":1,
// "fresh":3,"chats":[{"chat_id":12,"name":"Bob","fresh":3,"last_msg_id":17,...},...]}.
std::string snapshot_json(const messaging::AccountOpening& account);

// Whether the core event has our own names, in snake_case.
template <class Body>
inline constexpr bool kKeepsNames =
    std::is_same_v<Body, messaging::ChatDeleted> || std::is_same_v<Body, messaging::IncomingCall> ||
    std::is_same_v<Body, messaging::IncomingCallAccepted> ||
    std::is_same_v<Body, messaging::OutgoingCallAccepted> ||
    std::is_same_v<Body, messaging::CallEnded>;

// chat_id as chatId: how Delta Chat's core events name their members.
std::string camel_case(std::string_view snake);
// {"contextId":1,"event":{"kind":"IncomingMsg","chatId":12,"msgId":17}} with members in
// alphabetical order. `joined` is the chat with the contact of a SecurejoinInviterProgress.
std::string core_event_json(const messaging::Event& event, base::ChatId joined);
// The EventChannelOverflow that get_next_event returns after unread events were dropped.
std::string overflow_event_json(std::uint64_t dropped);

}  // namespace rpc
