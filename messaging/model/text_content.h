// Texts: messages to one contact (kind 2) and to a group or channel (kind 10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "messaging/model/chat_timer.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/file_note.h"
#include "messaging/model/group_state.h"
#include "messaging/model/message_ref.h"
#include "messaging/model/types.h"

namespace messaging {

struct QuoteNote {
  std::string text;
  std::optional<MessageRef> message = std::nullopt;
};

struct TextMessage {
  std::uint64_t seq = 0;  // the sender's number in this chat
  base::UnixMillis sent_at = 0;
  Viewtype type = Viewtype::text;
  bool bot = false;
  bool forwarded = false;
  std::string text;
  std::string sender_name;
  std::optional<QuoteNote> quote;
  std::optional<FileNote> file;
  TimerValue timer = {};  // of the chat; behind all other fields, where a chat has one
};

struct GroupText {
  GroupId group{};
  GroupDigest digest{};  // of the sender's state, in the part that the recipient may see
  TextMessage message;
};

void write_fields(base::WireWriter& out, const TextMessage& message);
void read_fields(base::WireReader& in, TextMessage& message);
inline const FileNote* file_of(const TextMessage& message) { return pointer_to(message.file); }

void write_fields(base::WireWriter& out, const GroupText& text);
void read_fields(base::WireReader& in, GroupText& text);
inline const FileNote* file_of(const GroupText& text) { return pointer_to(text.message.file); }

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const TextMessage& message);
base::Result<bool> apply(const Received& received, const GroupText& text);
}  // namespace messaging::receiving
