#include "store/tables/message_record.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store::detail {
namespace {

constexpr std::uint8_t kForm = 1;

// Bits of the flags column; the download state is in the second byte.
constexpr std::int64_t kInfo = 1, kBot = 2, kEdited = 4, kForwarded = 8, kEncrypted = 16,
                       kLocated = 32, kPinned = 64;
constexpr int kDownloadShift = 8;

}  // namespace

std::int64_t message_flags(const MessageRow& row) {
  return (row.is_info ? kInfo : 0) | (row.is_bot ? kBot : 0) | (row.is_edited ? kEdited : 0) |
         (row.is_forwarded ? kForwarded : 0) | (row.encrypted ? kEncrypted : 0) |
         (row.has_location ? kLocated : 0) | (row.is_pinned ? kPinned : 0) |
         (static_cast<std::int64_t>(row.download) << kDownloadShift);
}

bool is_info_flag(std::int64_t flags) { return (flags & kInfo) != 0; }
bool is_pinned_flag(std::int64_t flags) { return (flags & kPinned) != 0; }

base::Bytes seal_message(const Scope& scope, const MessageRow& row) {
  base::WireWriter out;
  out.u8(kForm).text(row.text).text(row.error).text(row.sender_name);
  out.boolean(row.has_quote).text(row.quote_text);
  out.u32(row.quoted ? row.quoted->value : 0);
  out.u32(row.info_contact ? row.info_contact->value : 0);
  out.u32(0);  // texts of a former form
  if (!row.link.empty()) out.text(row.link);
  return scope.seal("message", row.id.value, out.view());
}

base::Result<std::string> read_message_text(const Scope& scope, std::int64_t id,
                                            base::ByteView sealed) {
  EDGE_TRY(const auto plain, scope.open("message", id, sealed));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  std::string text = in.text(kMaxStoredText);
  if (!in.ok()) return base::fail(base::Errc::corrupt, "a message's record has another form");
  return text;
}

base::Result<MessageRow> read_message(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 15, "message", columns.integer(0)));
  MessageRow row;
  row.id = columns.id<base::MsgId>(0);
  row.chat = columns.id<base::ChatId>(1);
  row.from = columns.id<base::ContactId>(2);
  EDGE_TRY(row.uuid, columns.array<16>(3));
  row.state = columns.enumerator<MsgState>(4);
  row.type = columns.enumerator<Viewtype>(5);
  row.system = columns.enumerator<SystemMessage>(6);
  const std::int64_t flags = columns.integer(7);
  row.is_info = is_info_flag(flags);
  row.is_bot = (flags & kBot) != 0;
  row.is_edited = (flags & kEdited) != 0;
  row.is_forwarded = (flags & kForwarded) != 0;
  row.encrypted = (flags & kEncrypted) != 0;
  row.has_location = (flags & kLocated) != 0;
  row.is_pinned = is_pinned_flag(flags);
  row.download = static_cast<DownloadState>((flags >> kDownloadShift) & 0xff);
  row.position = columns.integer(8);
  row.seq = columns.integer(9);
  row.sent_at = columns.integer(10);
  row.sort_at = columns.integer(11);
  row.received_at = columns.integer(12);
  row.blob_id = columns.maybe_integer(13);
  row.timer = static_cast<std::uint32_t>(columns.integer(16));
  row.expires_at = columns.integer(17);
  row.original = columns.id<base::MsgId>(18);
  EDGE_TRY(const auto plain, scope.open("message", row.id.value, columns.blob(14)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.text = in.text(kMaxStoredText);
  row.error = in.text(kMaxStoredText);
  row.sender_name = in.text(kMaxStoredText);
  row.has_quote = in.boolean();
  row.quote_text = in.text(kMaxStoredText);
  if (const auto quoted = in.u32()) row.quoted = base::MsgId(quoted);
  if (const auto contact = in.u32()) row.info_contact = base::ContactId(contact);
  if (in.u32() != 0) in.refuse();
  if (in.left() > 0) row.link = in.text(kMaxStoredText);
  if (!in.done()) return base::fail(base::Errc::corrupt, "a message's record has another form");
  return row;
}

}  // namespace store::detail
