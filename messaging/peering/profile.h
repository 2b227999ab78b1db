// Profile: an account's name, status and addresses, kept up to date at all its contacts. Handshakes
// send it in cards. After a change (name, status, bot, or the gateway's addresses) an update is
// sent to each contact whose last copy differs. Every update carries a fresh deposit token, which
// rotates tokens. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "store/tables/contacts.h"

namespace messaging::peering {

// Our profile with a fresh token, which is not accepted yet (see allow_deposits() in
// messaging/peering/reach.h).
base::Result<Profile> make_profile(const kernel::WriteContext& write);

// Identifies the profile that was sent to a contact: a keyed hash of all but its token.
base::Bytes mark_of(const kernel::WriteContext& write, const Profile& profile);
// Records that a card with the profile of this mark was sent to the contact.
base::Result<> note_profile_sent(const kernel::WriteContext& write, ContactId contact,
                                 base::ByteView mark);

// Queues updates for a slice of the contacts whose last copy differs; the courier requests the next
// slice.
base::Result<> send_profile(const kernel::WriteContext& write);

// Switches the contact's route to the way in its update; the previous way becomes the route's
// second.
base::Result<> take_way(const kernel::WriteContext& write, const store::ContactRow& contact,
                        const Profile& profile);

}  // namespace messaging::peering
