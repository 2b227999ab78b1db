// The pictures of cards (vCards): put into cards that are made, sealed and stored from cards that
// are imported. The bytes are chosen by whoever wrote the card: only a picture by its headers is
// stored.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "messaging/api/views.h"
#include "messaging/files/blob_files.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/vcard.h"
#include "store/file.h"

namespace messaging {

struct CardPicture {
  base::Bytes bytes;  // empty: none
  std::string_view media_type;
};

// The pictures of contacts, in their order. Left out are pictures of more than 96 KiB, and those
// beyond 640 KiB in all, so that the text of the cards can be imported.
std::vector<CardPicture> read_pictures(const View& view, std::span<const ContactId> contacts);

// The card's picture as a sealed blob that is still to be synced; nothing when there is none or it
// is no picture. Blocks on the disk: run it on the file worker's thread.
struct SealedPicture {
  files::SealedFile blob;
  store::File unsynced;  // for Blobs::sync()
};
base::Result<std::optional<SealedPicture>> seal_picture(kernel::Core& core,
                                                        const kernel::AccountPtr& account,
                                                        const Vcard& card);

// Gives the card's picture and status to a contact that had neither. Later ones of the contact
// itself replace them.
base::Result<> take_profile(const kernel::WriteContext& write, ContactId contact, const Vcard& card,
                            std::optional<files::SealedFile>& picture);

}  // namespace messaging
