#include "messaging/model/text_content.h"

#include <utility>

namespace messaging {
namespace {

constexpr std::size_t kMaxSenderName = 1024;

bool known_viewtype(std::uint8_t type) {
  switch (static_cast<Viewtype>(type)) {
    case Viewtype::unknown:
    case Viewtype::text:
    case Viewtype::image:
    case Viewtype::gif:
    case Viewtype::sticker:
    case Viewtype::audio:
    case Viewtype::voice:
    case Viewtype::video:
    case Viewtype::file:
    case Viewtype::call:
    case Viewtype::webxdc:
    case Viewtype::vcard:
      return true;
  }
  return false;
}

// The message that a group's text quotes.
const MessageRef* quoted_by(const GroupText& text) {
  const auto& quote = text.message.quote;
  return quote && quote->message ? &*quote->message : nullptr;
}

void write_text(base::WireWriter& out, const TextMessage& message) {
  out.u64(message.seq).i64(message.sent_at).u8(static_cast<std::uint8_t>(message.type));
  out.boolean(message.bot).boolean(message.forwarded);
  out.text(message.text).text(message.sender_name);
  out.boolean(message.quote.has_value());
  if (message.quote) {
    out.text(message.quote->text).boolean(message.quote->message.has_value());
    if (message.quote->message) write_ref(out, *message.quote->message);
  }
  write_file_note(out, message.file);
}

void read_text(base::WireReader& in, TextMessage& message) {
  message.seq = in.u64();
  if (message.seq > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  message.sent_at = in.i64();
  const std::uint8_t type = in.u8();
  message.type = known_viewtype(type) ? static_cast<Viewtype>(type) : Viewtype::unknown;
  message.bot = in.boolean();
  message.forwarded = in.boolean();
  message.text = in.text(kMaxText);
  message.sender_name = in.text(kMaxSenderName);
  if (in.boolean()) {
    QuoteNote quote;
    quote.text = in.text(kMaxText);
    if (in.boolean()) quote.message = read_ref(in);
    message.quote = std::move(quote);
  }
  message.file = read_file_note(in);
}

// Fields of later versions begin with a byte that names them; a reader that does not know it skips
// the rest.
constexpr std::uint8_t kTimerField = 1;
constexpr std::size_t kTimerSize = 1 + 4 + 8;

void write_timer(base::WireWriter& out, const TextMessage& message) {
  if (message.timer == TimerValue()) return;
  out.u8(kTimerField);
  write_value(out, message.timer);
}

void read_timer(base::WireReader& in, TextMessage& message) {
  if (!in.ok() || in.left() < kTimerSize || in.u8() != kTimerField) return;
  message.timer = read_value(in);
}

}  // namespace

void write_fields(base::WireWriter& out, const TextMessage& message) {
  write_text(out, message);
  write_timer(out, message);
}

void read_fields(base::WireReader& in, TextMessage& message) {
  read_text(in, message);
  read_timer(in, message);
}

void write_fields(base::WireWriter& out, const GroupText& text) {
  out.fixed(text.group).fixed(text.digest);
  write_text(out, text.message);
  const MessageRef* const quoted = quoted_by(text);
  write_author(out, quoted != nullptr ? quoted->author : std::nullopt);
  write_timer(out, text.message);
}

void read_fields(base::WireReader& in, GroupText& text) {
  text.group = in.array<16>();
  text.digest = in.array<16>();
  read_text(in, text.message);
  const auto author = read_author(in);
  if (quoted_by(text) != nullptr) text.message.quote->message->author = author;
  read_timer(in, text.message);
}

}  // namespace messaging
