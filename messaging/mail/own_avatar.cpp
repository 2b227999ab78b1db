#include "messaging/mail/own_avatar.h"

#include <cstdlib>

#include "store/tables/contacts.h"
#include "store/tables/sent_avatars.h"

namespace messaging::mail {
namespace {

constexpr base::Millis kAvatarAgain = 14 * 24 * 3600 * base::Millis{1000};

}  // namespace

base::Result<std::optional<DueAvatar>> due_avatar(const store::Scope& scope,
                                                  const std::vector<ContactId>& contacts,
                                                  base::UnixMillis now) {
  using Due = std::optional<DueAvatar>;
  EDGE_TRY(const store::ContactRow self, store::load_contact(scope, kSelf));
  if (self.avatar_number == 0) return Due();
  for (const ContactId contact : contacts) {
    EDGE_TRY(const auto sent, store::find_sent_avatar(scope, contact));
    bool due = sent ? sent->number != self.avatar_number : self.avatar_blob.has_value();
    // A clock that was set back makes it due as well.
    if (sent && self.avatar_blob) due = due || std::abs(now - sent->at) >= kAvatarAgain;
    if (due) return Due({self.avatar_number, self.avatar_blob});
  }
  return Due();
}

}  // namespace messaging::mail
