#include "messaging/model/change_content.h"

#include <algorithm>

#include "messaging/model/plain_name.h"
#include "messaging/model/types.h"

namespace messaging {

namespace {

std::size_t longest_text(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::edit:
      return kMaxText;
    case ChangeKind::call_accepted:
      return kMaxCallInfo;
    default:
      return kMaxReactionBytes;
  }
}

}  // namespace

std::vector<std::string> split_reactions(std::string_view text) {
  std::vector<std::string> reactions;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty() || one.size() > kMaxReactionLength || plain_name(one) != one) continue;
    if (std::find(reactions.begin(), reactions.end(), one) == reactions.end()) {
      reactions.emplace_back(one);
    }
  }
  return reactions;
}

std::string join_reactions(std::span<const std::string> reactions) {
  std::string text;
  for (const std::string& one : reactions) {
    if (!text.empty()) text += ' ';
    text += one;
  }
  return text;
}

void write_fields(base::WireWriter& out, const MessageChange& change) {
  write_ref(out, change.message);
  write_author(out, change.message.author);
  out.u8(static_cast<std::uint8_t>(change.kind)).i64(change.number).text(change.text);
}

void read_fields(base::WireReader& in, MessageChange& change) {
  change.message = read_ref(in);
  change.message.author = read_author(in);
  change.kind = static_cast<ChangeKind>(in.u8());
  change.number = in.i64();
  change.text = in.text(longest_text(change.kind));
  if (change.number <= 0) in.refuse();
}

}  // namespace messaging
