// Profile pictures of contacts (kind 7).
#include "crypto/stream.h"
#include "messaging/chats/pictures.h"
#include "messaging/chats/received_row.h"
#include "messaging/model/avatar_content.h"
#include "messaging/model/events.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"

namespace messaging::receiving {
namespace {

// Nothing where the picture is too large, or none by its name.
base::Result<std::optional<std::int64_t>> adopt_picture(const kernel::WriteContext& write,
                                                        const FileNote& note,
                                                        const store::TransferRow& transfer,
                                                        files::RemovedFiles& files) {
  store::BlobRow shown;
  shown.size = note.size;
  shown.media_type = note.media_type;
  // The size in the note is its sender's claim.
  const bool fits = transfer.size <= crypto::sealed_size(chats::kMaxPicture);
  if (!fits || !chats::check_picture(shown, "")) {
    EDGE_CHECK(store::delete_transfer(write.scope, transfer.id));
    files.add(transfer.name);
    return std::optional<std::int64_t>();
  }
  EDGE_TRY(const std::int64_t blob, chats::adopt_file(write, note, transfer));
  return std::optional(blob);
}

base::Result<> take_avatar(const Received& received, const Avatar& avatar) {
  const kernel::WriteContext& write = received.write;
  files::RemovedFiles files(write.core, write.account);
  EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, received.sender.contact.id));
  const auto number = static_cast<std::int64_t>(avatar.number);
  if (number <= contact.avatar_number) {
    if (received.file) {
      EDGE_CHECK(store::delete_transfer(write.scope, received.file->id));
      files.add(received.file->name);
    }
    files.remove_after(write.tx);
    return {};
  }
  std::optional<std::int64_t> blob;
  if (avatar.picture && received.file) {
    EDGE_TRY(blob, adopt_picture(write, *avatar.picture, *received.file, files));
  }
  EDGE_CHECK(chats::replace_picture(write, contact.avatar_blob, blob, files));
  files.remove_after(write.tx);
  contact.avatar_number = number;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, contact.id));
  if (!chat) return {};
  EDGE_CHECK(write.emit(ChatModified{chat->id}));
  return write.emit(ChatlistChanged{});
}

}  // namespace

base::Result<bool> apply(const Received& received, const Avatar& avatar) {
  EDGE_CHECK(outbox::acknowledge(received.write, received.sender.contact.id, received.uuid));
  EDGE_CHECK(take_avatar(received, avatar));
  return true;
}

}  // namespace messaging::receiving
