#include "messaging/model/content.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/stream.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using base::WireReader;
using base::WireWriter;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxToken = 128;

enum class Kind : std::uint8_t {
  hello = 1,
  text = 2,
  receipts = 3,
  profile = 4,
  group_text = 10,
  group_update = 11,
};

base::Error malformed() { return fail(Errc::invalid_argument, "malformed content"); }

void write_file(WireWriter& out, const std::optional<FileNote>& file) {
  out.boolean(file.has_value());
  if (!file) return;
  out.text(file->name).text(file->media_type).u64(file->size).u64(file->sealed_size);
  out.fixed(file->transfer).fixed(file->key.view()).fixed(file->hash);
}

void write_text(WireWriter& out, const TextMessage& message) {
  out.u64(message.seq).i64(message.sent_at).u8(static_cast<std::uint8_t>(message.type));
  out.boolean(message.bot).boolean(message.forwarded);
  out.text(message.text).text(message.sender_name);
  out.boolean(message.quote.has_value());
  if (message.quote) {
    out.text(message.quote->text).boolean(message.quote->message.has_value());
    if (message.quote->message) {
      out.fixed(*message.quote->message).boolean(message.quote->of_recipient);
    }
  }
  write_file(out, message.file);
}

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

FileNote read_file(WireReader& in) {
  FileNote file;
  file.name = in.text(kMaxName);
  file.media_type = in.text(kMaxToken);
  file.size = in.u64();
  file.sealed_size = in.u64();
  file.transfer = in.array<16>();
  const base::ByteView key = in.fixed(32);
  if (key.size() == 32) file.key = crypto::WipingArray<32>(key.first<32>());
  file.hash = in.array<32>();
  const auto size = crypto::plain_size(file.sealed_size);
  if (!size || *size != file.size) in.refuse();
  return file;
}

TextMessage read_text(WireReader& in) {
  TextMessage message;
  message.seq = in.u64();
  if (message.seq > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  message.sent_at = in.i64();
  const std::uint8_t type = in.u8();
  message.type = known_viewtype(type) ? static_cast<Viewtype>(type) : Viewtype::unknown;
  message.bot = in.boolean();
  message.forwarded = in.boolean();
  message.text = in.text(kMaxText);
  message.sender_name = in.text(kMaxName);
  if (in.boolean()) {
    QuoteNote quote;
    quote.text = in.text(kMaxText);
    if (in.boolean()) {
      quote.message = in.array<16>();
      quote.of_recipient = in.boolean();
    }
    message.quote = std::move(quote);
  }
  if (in.boolean()) message.file = read_file(in);
  return message;
}

Receipts read_receipts(WireReader& in) {
  Receipts receipts;
  const std::size_t count = in.u16();
  if (count > kMaxReceipts) in.refuse();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    ReceiptNote note;
    note.kind = static_cast<store::ReceiptKind>(in.u8());
    note.uuid = in.array<16>();
    note.at = in.i64();
    receipts.notes.push_back(note);
  }
  return receipts;
}

void write_group_text(WireWriter& out, const GroupText& text) {
  out.fixed(text.group).fixed(text.digest);
  write_text(out, text.message);
  out.boolean(text.quoted.has_value());
  if (text.quoted) out.fixed(*text.quoted);
}

GroupText read_group_text(WireReader& in) {
  GroupText text;
  text.group = in.array<16>();
  text.digest = in.array<16>();
  text.message = read_text(in);
  if (in.boolean()) text.quoted = in.array<32>();
  return text;
}

GroupUpdate read_group_update(WireReader& in) {
  GroupUpdate update;
  update.group = in.array<16>();
  auto state = decode_group_state(in.bytes(kMaxGroupState), MemberKeys::unchecked);
  if (state) {
    update.state = *std::move(state);
  } else {
    in.refuse();
  }
  if (in.boolean()) update.image = read_file(in);
  return update;
}

}  // namespace

crypto::WipingBytes encode(const Content& content) {
  WireWriter out;
  out.u8(kVersion);
  if (std::holds_alternative<Hello>(content.body)) {
    out.u8(static_cast<std::uint8_t>(Kind::hello)).fixed(content.uuid);
  } else if (const auto* text = std::get_if<TextMessage>(&content.body)) {
    out.u8(static_cast<std::uint8_t>(Kind::text)).fixed(content.uuid);
    write_text(out, *text);
  } else if (const auto* receipts = std::get_if<Receipts>(&content.body)) {
    out.u8(static_cast<std::uint8_t>(Kind::receipts)).fixed(content.uuid);
    out.u16(static_cast<std::uint16_t>(receipts->notes.size()));
    for (const ReceiptNote& note : receipts->notes)
      out.u8(static_cast<std::uint8_t>(note.kind)).fixed(note.uuid).i64(note.at);
  } else if (const auto* profile = std::get_if<Profile>(&content.body)) {
    out.u8(static_cast<std::uint8_t>(Kind::profile)).fixed(content.uuid);
    write_profile(out, *profile);
  } else if (const auto* group_text = std::get_if<GroupText>(&content.body)) {
    out.u8(static_cast<std::uint8_t>(Kind::group_text)).fixed(content.uuid);
    write_group_text(out, *group_text);
  } else if (const auto* update = std::get_if<GroupUpdate>(&content.body)) {
    out.u8(static_cast<std::uint8_t>(Kind::group_update)).fixed(content.uuid);
    out.fixed(update->group).bytes(encode(update->state));
    write_file(out, update->image);
  } else if (const auto* note = std::get_if<ProtectedNote>(&content.body)) {
    out.u8(kind_of(*note)).fixed(content.uuid);
    write_note(out, *note);
  } else {
    out.u8(0).fixed(content.uuid);
  }
  base::Bytes bytes = out.take();
  crypto::WipingBytes wiped(bytes.begin(), bytes.end());
  crypto::wipe(bytes);
  return wiped;
}

base::Result<Content> decode_content(base::ByteView bytes) {
  WireReader in(bytes);
  Content content;
  if (in.u8() != kVersion) return malformed();
  const std::uint8_t kind = in.u8();
  content.uuid = in.array<16>();
  switch (static_cast<Kind>(kind)) {
    case Kind::hello:
      content.body = Hello{};
      break;
    case Kind::text:
      content.body = read_text(in);
      break;
    case Kind::receipts:
      content.body = read_receipts(in);
      break;
    case Kind::profile:
      content.body = read_profile(in);
      break;
    case Kind::group_text:
      content.body = read_group_text(in);
      break;
    case Kind::group_update:
      content.body = read_group_update(in);
      break;
    default:
      if (is_protected_kind(kind)) {
        content.body = read_note(kind, in);
      } else {
        content.body = UnknownContent{};
      }
  }
  if (!in.ok()) return malformed();
  return content;
}

std::uint32_t part_count(std::uint64_t sealed_size) {
  return static_cast<std::uint32_t>((sealed_size + kFilePart - 1) / kFilePart);
}

void write_part_head(std::span<std::uint8_t, kFilePartHead> out, const Uuid& transfer,
                     std::uint32_t index, std::uint64_t sealed_size) {
  WireWriter head;
  head.u8(kVersion).fixed(transfer).u32(index).u64(sealed_size);
  std::copy(head.view().begin(), head.view().end(), out.begin());
}

base::Bytes encode(const FilePart& part) {
  base::Bytes out(kFilePartHead + part.bytes.size());
  write_part_head(std::span(out).first<kFilePartHead>(), part.transfer, part.index,
                  part.sealed_size);
  std::copy(part.bytes.begin(), part.bytes.end(), out.begin() + kFilePartHead);
  return out;
}

base::Result<FilePart> decode_part(base::ByteView bytes) {
  WireReader in(bytes);
  FilePart part;
  if (in.u8() != kVersion) return malformed();
  part.transfer = in.array<16>();
  part.index = in.u32();
  part.sealed_size = in.u64();
  part.bytes = in.rest();
  if (!in.ok() || !crypto::plain_size(part.sealed_size)) return malformed();
  const std::uint64_t start = std::uint64_t{part.index} * kFilePart;
  if (start >= part.sealed_size) return malformed();
  const std::uint64_t expected = std::min<std::uint64_t>(kFilePart, part.sealed_size - start);
  if (part.bytes.size() != expected) return malformed();
  return part;
}

}  // namespace messaging
