#include "messaging/chats/received_row.h"

#include "messaging/files/blob_files.h"
#include "messaging/model/file_part.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"
#include "store/tables/blobs.h"

namespace messaging::chats {

base::Result<std::optional<store::TransferRow>> arrived_file(const kernel::WriteContext& write,
                                                             const FileNote& file) {
  EDGE_TRY(auto transfer, store::find_transfer(write.scope, file.transfer));
  if (!transfer || transfer->size != file.sealed_size) return std::nullopt;
  EDGE_TRY(const std::int64_t parts, store::count_parts(write.scope, file.transfer));
  if (parts < static_cast<std::int64_t>(part_count(file.sealed_size))) return std::nullopt;
  return transfer;
}

base::Result<std::int64_t> adopt_file(const kernel::WriteContext& write, const FileNote& file,
                                      const store::TransferRow& transfer) {
  store::BlobRow blob;
  EDGE_TRY(blob.id, write.tx.next_id(write.account.id, "blob"));
  blob.name = transfer.name;
  blob.size = file.size;
  blob.created_at = write.tx.now();
  blob.key = file.key;
  blob.file_name = plain_file_name(file.name);
  blob.media_type = file.media_type;
  blob.hash = file.hash;
  files::inspect(write.core, write.account, blob);
  EDGE_CHECK(store::insert_blob(write.scope, blob));
  EDGE_CHECK(store::delete_transfer(write.scope, transfer.id));
  return blob.id;
}

base::Result<> check_type(const kernel::WriteContext& write, store::MessageRow& row) {
  if (row.type != Viewtype::webxdc) return {};
  row.type = row.blob_id ? Viewtype::file : Viewtype::text;
  if (!row.blob_id) return {};
  EDGE_TRY(const store::BlobRow blob, store::load_blob(write.scope, *row.blob_id));
  if (files::check_is_webxdc(write.core, write.account, blob)) row.type = Viewtype::webxdc;
  return {};
}

store::MessageRow received_row(ContactId from, const Uuid& uuid, const TextMessage& text) {
  store::MessageRow row;
  row.from = from;
  row.uuid = uuid;
  row.type = text.type;
  row.is_bot = text.bot;
  row.is_forwarded = text.forwarded;
  row.encrypted = true;
  row.seq = static_cast<std::int64_t>(text.seq);
  row.sent_at = text.sent_at;
  row.text = text.text;
  row.sender_name = plain_name(text.sender_name, kMaxLongName);
  row.timer = text.timer.seconds;
  row.has_quote = text.quote.has_value();
  if (text.quote) row.quote_text = text.quote->text;
  return row;
}

}  // namespace messaging::chats
