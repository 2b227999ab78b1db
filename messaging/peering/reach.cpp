#include "messaging/peering/reach.h"

#include <algorithm>

#include "crypto/random.h"
#include "messaging/peering/profile.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_joins.h"

namespace messaging::peering {

Reach reach_of(const kernel::Core& core, const kernel::AccountState& account) {
  if (account.relay) return {{account.relay->url}, account.relay->mailbox};
  return {core.options.public_urls, account.mailbox()};
}

base::Result<Card> make_card(const kernel::WriteContext& write) {
  Card card;
  EDGE_TRY(static_cast<Profile&>(card), make_profile(write));
  card.identity = write.account.identity.public_key();
  card.addr = write.account.addr();
  card.tag = crypto::random_array<16>();
  return card;
}

base::Result<> allow_deposits(const kernel::WriteContext& write, const DepositToken& token,
                              std::int64_t handshake, std::optional<ContactId> contact) {
  return store::insert_deposit_token(
      write.scope, {deposit_key_id(token), store::TokenPurpose::contact, handshake, write.steady(),
                    token.bytes, contact});
}

base::Result<std::int64_t> new_route(const kernel::WriteContext& write, store::RouteWay way) {
  EDGE_TRY(const std::int64_t id, write.tx.next_id(write.account.id, "route"));
  EDGE_CHECK(store::insert_route(write.scope, {id, std::move(way), std::nullopt}));
  return id;
}

store::RouteWay way_of(const Profile& profile) {
  return {profile.urls, profile.mailbox, profile.token.bytes};
}

void keep_reached(store::RouteWay& fresh, const store::RouteWay& known) {
  const auto is_known = [&](const std::string& url) {
    return std::find(known.urls.begin(), known.urls.end(), url) != known.urls.end();
  };
  if (known.reached && std::all_of(fresh.urls.begin(), fresh.urls.end(), is_known)) {
    fresh.reached = true;
  }
}

void keep_reached(store::RouteWay& fresh, const store::RouteRow& known) {
  keep_reached(fresh, known.way);
  if (known.second) keep_reached(fresh, *known.second);
}

base::Result<> switch_route(const kernel::WriteContext& write, store::ContactRow& contact,
                            std::int64_t route, bool first) {
  const auto old = contact.route_id;
  if (!old || *old == route) {
    contact.route_id = route;
    return {};
  }
  contact.route_id = first ? route : *old;
  const std::int64_t unused = first ? *old : route;
  EDGE_TRY(auto used, store::find_route(write.scope, *contact.route_id));
  EDGE_TRY(const auto other, store::find_route(write.scope, unused));
  if (used && other) {
    used->second = other->way;
    EDGE_CHECK(store::update_route(write.scope, *used));
  }
  EDGE_CHECK(store::move_outbox(write.scope, contact.id, *contact.route_id));
  // The count still includes the handshake that is being completed.
  EDGE_TRY(const std::int64_t under_way, store::count_pending_joins_on(write.scope, unused));
  return under_way > (first ? 0 : 1) ? base::Result<>{} : store::delete_route(write.scope, unused);
}

}  // namespace messaging::peering
