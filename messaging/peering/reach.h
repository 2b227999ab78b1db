// Reach: how an account is reached. The URLs and the mailbox that it gives out, the cards that
// carry them to one contact each, the tokens that admit a contact to our mailbox, and the other
// direction: the route by which a contact is reached. Everything but reach_of() runs in the
// writer's transaction.
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

// Our card for one contact, with a fresh token and tag.
base::Result<Card> make_card(const kernel::WriteContext& write);

// The token admits from now on. `handshake` is the number of what gives it out (a handshake or a
// profile update, from one counter): a later one's replaces an earlier one's once it was used. No
// contact: it is not known yet who that is.
base::Result<> allow_deposits(const kernel::WriteContext& write, const DepositToken& token,
                              std::int64_t handshake, std::optional<ContactId> contact);

base::Result<std::int64_t> new_route(const kernel::WriteContext& write, store::RouteWay way);
store::RouteWay way_of(const Profile& profile);
// A way to URLs that were all reached by another one needs not to prove itself again.
void keep_reached(store::RouteWay& fresh, const store::RouteWay& known);
void keep_reached(store::RouteWay& fresh, const store::RouteRow& known);

// A handshake leads here: everything queued for the contact goes this way from now on, and the way
// before it is kept as the route's second. Not `first` (its session is not the one to send on):
// this way becomes the second. The route that is not used stays while a handshake of our own is
// under way on it.
base::Result<> switch_route(const kernel::WriteContext& write, store::ContactRow& contact,
                            std::int64_t route, bool first);

}  // namespace messaging::peering
