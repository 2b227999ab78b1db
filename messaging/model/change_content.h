// MessageChange (kind 5): what is done to a message after it was sent: reactions of whoever reads
// it, an edit or the deletion by its author, a pin of anybody who writes to its chat, and how a
// call goes on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messaging/model/content_kind.h"
#include "messaging/model/message_ref.h"
#include "store/tables/message_enums.h"

namespace messaging {

using store::ChangeKind;

inline constexpr std::size_t kMaxReactionBytes = 256;  // of all reactions of one contact together
inline constexpr std::size_t kMaxReactionLength = 64;  // of one: some emojis are long sequences

struct MessageChange {
  MessageRef message;
  ChangeKind kind = ChangeKind::reaction;  // other numbers are a later version's, and ignored
  // Of a contact's changes of one kind to a message the highest number wins, in whatever order they
  // arrive: the sender's time in milliseconds, or one more than its last number.
  std::int64_t number = 0;
  std::string text;  // an edit's; what a callee passes; reactions with a blank between them, ""
                     // takes them back; "1" pins, "" unpins
};

// Each reaction once, in order; reactions that cannot be shown in a line are left out.
std::vector<std::string> split_reactions(std::string_view text);
// The reverse: separated by blanks.
std::string join_reactions(std::span<const std::string> reactions);

//   ref | author | u8 kind | i64 number | text
void write_fields(base::WireWriter& out, const MessageChange& change);
void read_fields(base::WireReader& in, MessageChange& change);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const MessageChange& change);
}  // namespace messaging::receiving
