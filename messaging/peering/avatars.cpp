#include "messaging/peering/avatars.h"

#include "crypto/random.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/blobs.h"
#include "store/tables/contacts.h"
#include "store/tables/sent_avatars.h"

namespace messaging::peering {
namespace {

constexpr std::size_t kAvatarsInWrite = 64;

}  // namespace

base::Result<> send_avatar(const kernel::WriteContext& write) {
  EDGE_TRY(const store::ContactRow self, store::load_contact(write.scope, kSelf));
  if (self.avatar_number == 0) return {};
  if (self.avatar_blob) {
    // A picture with a damaged record is skipped.
    const auto blob = store::find_blob(write.scope, *self.avatar_blob);
    if (!blob || !*blob) return {};
  }
  EDGE_TRY(const auto contacts,
           store::contacts_without_avatar(write.scope, self.avatar_number,
                                          self.avatar_blob.has_value(), kAvatarsInWrite));
  for (const ContactId contact : contacts) {
    Avatar avatar;
    avatar.number = static_cast<std::uint64_t>(self.avatar_number);
    if (self.avatar_blob) {
      EDGE_TRY(avatar.picture, outbox::queue_file(write, contact, std::nullopt, *self.avatar_blob));
    }
    EDGE_CHECK(
        outbox::queue_content(write, contact, {crypto::random_array<16>(), std::move(avatar)}));
    EDGE_CHECK(store::note_avatar_sent(write.scope, contact, self.avatar_number));
  }
  if (contacts.size() == kAvatarsInWrite) write.signal(&kernel::Signals::profile_changed);
  return {};
}

base::Result<> offer_avatar(const kernel::WriteContext& write) {
  EDGE_TRY(const store::ContactRow self, store::load_contact(write.scope, kSelf));
  if (self.avatar_blob) write.signal(&kernel::Signals::profile_changed);
  return {};
}

}  // namespace messaging::peering
