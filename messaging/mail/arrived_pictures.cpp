#include "messaging/mail/arrived_pictures.h"

#include <algorithm>
#include <string>

#include "messaging/chats/pictures.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/picture_head.h"
#include "messaging/files/removal.h"
#include "messaging/mail/form/mail_content.h"
#include "store/tables/blobs.h"

namespace messaging::mail {
namespace {

// Whether the stored picture has these bytes: each sender repeats its picture every two weeks.
bool is_stored(const kernel::WriteContext& write, std::int64_t blob, const base::Bytes& bytes) {
  auto row = store::find_blob(write.scope, blob);
  if (!row || !*row || (*row)->size != bytes.size()) return false;
  auto stored = files::open_attachment(write.core, write.account, **std::move(row));
  if (!stored) return false;
  base::Bytes there(bytes.size());
  const auto got = stored->reader->read_at(0, there);
  return got && *got == there.size() && there == bytes;
}

}  // namespace

bool is_picture(const MailPicture& picture) {
  return files::read_picture_head(base::ByteView(picture.bytes)).has_value();
}

base::Result<std::int64_t> insert_picture(const kernel::WriteContext& write,
                                          const MailPicture& picture, const store::BlobInfo& sealed,
                                          std::string_view stem) {
  const auto head = files::read_picture_head(base::ByteView(picture.bytes));
  if (!head) return base::fail(base::Errc::internal, "a picture was sealed that is none");
  store::BlobRow blob;
  EDGE_TRY(blob.id, write.tx.next_id(write.account.id, "blob"));
  blob.name = sealed.name;
  blob.file_name = std::string(stem) + std::string(head->ending);
  blob.media_type = head->media_type;
  blob.width = head->width;
  blob.height = head->height;
  blob.size = sealed.size;
  blob.created_at = write.tx.now();
  blob.key = crypto::WipingArray<32>(sealed.key.secret.view());
  blob.hash = sealed.hash;
  EDGE_CHECK(store::insert_blob(write.scope, blob));
  return blob.id;
}

base::Result<bool> take_avatar(const kernel::WriteContext& write, store::ContactRow& contact,
                               const Arrival& arrival) {
  const auto& picture = arrival.opened.mail.avatar;
  const bool removed = picture && picture->bytes.empty();
  if (!picture || (!removed && !arrival.avatar)) return false;
  // A clock that is ahead does not block later pictures for ever.
  const auto number = std::min(static_cast<std::int64_t>(number_of(arrival.opened.mail)),
                               write.tx.now() + base::Millis{1000});
  if (number <= contact.avatar_number) return false;
  contact.avatar_number = number;
  if (removed ? !contact.avatar_blob
              : contact.avatar_blob && is_stored(write, *contact.avatar_blob, picture->bytes)) {
    return false;
  }
  std::optional<std::int64_t> fresh;
  if (!removed) {
    EDGE_TRY(fresh, insert_picture(write, *picture, *arrival.avatar, "avatar"));
  }
  files::RemovedFiles files(write.core, write.account);
  EDGE_CHECK(chats::replace_picture(write, contact.avatar_blob, fresh, files));
  files.remove_after(write.tx);
  return true;
}

}  // namespace messaging::mail
