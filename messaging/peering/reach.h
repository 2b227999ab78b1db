// Reach: the addresses of an account (URLs and mailbox), the cards that carry them to one contact
// each, the tokens that allow a contact to deposit into our mailbox, and the routes to contacts.
// Everything but reach_of() runs in the writer's transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "messaging/model/types.h"
#include "store/tables/contacts.h"
#include "store/tables/routes.h"

namespace messaging::peering {

struct Reach {
  std::vector<std::string> urls;  // 1 to 3
  std::string mailbox;
};
Reach reach_of(const kernel::Core& core, const kernel::AccountState& account);

// Makes our card for one contact, with a fresh token and tag.
base::Result<Card> make_card(const kernel::WriteContext& write);

// Accepts deposits with this token from now on. `handshake` is the number of the handshake or
// profile update that carries the token (one counter for both): a token with a higher number
// replaces those with lower ones at its first use. nullopt: the contact is not known yet.
base::Result<> allow_deposits(const kernel::WriteContext& write, const DepositToken& token,
                              std::int64_t handshake, std::optional<ContactId> contact);

base::Result<std::int64_t> new_route(const kernel::WriteContext& write, store::RouteWay way);
store::RouteWay way_of(const Profile& profile);
// Marks a way as reached if all its URLs were reached by the known way before.
void keep_reached(store::RouteWay& fresh, const store::RouteWay& known);
void keep_reached(store::RouteWay& fresh, const store::RouteRow& known);

// Switches the contact to the route of a completed handshake: all queued rows move to it, and the
// previous way is kept as the route's second. Not `first` (the handshake's session is not the one
// to send on): the new way becomes the second instead. The unused route stays while a handshake of
// our own is under way on it.
base::Result<> switch_route(const kernel::WriteContext& write, store::ContactRow& contact,
                            std::int64_t route, bool first);

}  // namespace messaging::peering
