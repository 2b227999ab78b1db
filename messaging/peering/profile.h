// Profile: what an account says of itself, and how it is reached, kept the same at all its
// contacts. Cards carry it in handshakes; afterwards an update goes to each contact that was told
// another one: after a change of name, status or bot, and when the gateway is reached elsewhere.
// Every update carries a fresh deposit token, so that tokens are rotated with it. In the writer's
// transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "store/tables/contacts.h"

namespace messaging::peering {

// Our profile with a fresh token, which does not admit yet (see allow_deposits() in
// messaging/peering/reach.h).
base::Result<Profile> make_profile(const kernel::WriteContext& write);

// What is remembered of a profile that was told: a keyed hash of all but its token.
base::Bytes mark_of(const kernel::WriteContext& write, const Profile& profile);
// A card with the profile of this mark went to the contact.
base::Result<> note_profile_told(const kernel::WriteContext& write, ContactId contact,
                                 base::ByteView mark);

// Queues updates for a slice of the contacts that were told another profile; the courier asks for
// the next.
base::Result<> tell_profile(const kernel::WriteContext& write);

// A contact's update says how it is reached from now on; the way before stays the route's second.
base::Result<> take_way(const kernel::WriteContext& write, const store::ContactRow& contact,
                        const Profile& profile);

}  // namespace messaging::peering
