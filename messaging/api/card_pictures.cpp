#include "messaging/api/card_pictures.h"

#include <algorithm>
#include <string>
#include <utility>

#include "messaging/chats/pictures.h"
#include "messaging/files/picture_head.h"
#include "messaging/files/removal.h"
#include "messaging/model/events.h"
#include "store/tables/blobs.h"
#include "store/tables/contacts.h"

namespace messaging {
namespace {

constexpr std::uint64_t kMostBytes = 96 * 1024;
constexpr std::uint64_t kMostBytesOfAll = 640 * 1024;

// Empty when there is no picture, no room for it, or its file does not open: a damaged file costs
// its own picture alone.
CardPicture read_picture(const View& view, ContactId id, std::uint64_t most) {
  const auto contact = store::load_contact(view.scope, id);
  if (!contact || !contact->avatar_blob) return {};
  auto blob = store::find_blob(view.scope, *contact->avatar_blob);
  if (!blob || !*blob || (*blob)->size > most) return {};
  base::Bytes bytes(static_cast<std::size_t>((*blob)->size));
  const auto file = files::open_attachment(view.core, view.account, **std::move(blob));
  if (!file) return {};
  const auto got = file->reader->read_at(0, bytes);
  if (!got || *got != bytes.size()) return {};
  const auto head = files::read_picture_head(base::ByteView(bytes));
  if (!head) return {};
  return {std::move(bytes), head->media_type};
}

}  // namespace

std::vector<CardPicture> read_pictures(const View& view, std::span<const ContactId> contacts) {
  std::vector<CardPicture> pictures;
  std::uint64_t room = kMostBytesOfAll;
  for (const ContactId contact : contacts) {
    pictures.push_back(read_picture(view, contact, std::min(room, kMostBytes)));
    room -= pictures.back().bytes.size();
  }
  return pictures;
}

base::Result<std::optional<SealedPicture>> seal_picture(kernel::Core& core,
                                                        const kernel::AccountPtr& account,
                                                        const Vcard& card) {
  std::optional<SealedPicture> sealed;
  const auto bytes = picture_of(card);
  if (!bytes || bytes->size() > chats::kMaxPicture) return sealed;
  const auto head = files::read_picture_head(base::ByteView(*bytes));
  if (!head) return sealed;
  EDGE_TRY(store::BlobWriter writer, core.store.blobs().create(account->uuid));
  EDGE_CHECK(writer.append(*bytes));
  EDGE_TRY(store::UnsyncedBlob blob, writer.finish_unsynced());
  sealed.emplace(SealedPicture{
      files::SealedFile(core, account, std::move(blob.info), "avatar" + std::string(head->ending)),
      std::move(blob.file)});
  return sealed;
}

base::Result<> take_profile(const kernel::WriteContext& write, ContactId contact, const Vcard& card,
                            std::optional<files::SealedFile>& picture) {
  if (contact == kSelf) return {};
  EDGE_TRY(store::ContactRow row, store::load_contact(write.scope, contact));
  const bool first_picture = picture && !row.avatar_blob && row.avatar_number == 0;
  const bool first_status = row.status.empty() && !card.status.empty();
  if (!first_picture && !first_status) return {};
  if (first_status) row.status = card.status;
  if (first_picture) {
    EDGE_TRY(const store::BlobRow blob, picture->insert(write.tx, write.scope));
    files::RemovedFiles files(write.core, write.account);
    EDGE_CHECK(chats::replace_picture(write, row.avatar_blob, blob.id, files));
    files.remove_after(write.tx);
  }
  EDGE_CHECK(store::update_contact(write.scope, row));
  return write.emit(ContactsChanged{contact});
}

}  // namespace messaging
