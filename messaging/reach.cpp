#include "messaging/reach.h"

#include "crypto/random.h"
#include "messaging/profile.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_joins.h"

namespace messaging {

Reach reach_of(const Core& core, const AccountState& account) {
  if (account.relay) return {{account.relay->url}, account.relay->mailbox};
  return {core.options.public_urls, account.mailbox};
}

base::Result<Card> make_card(const WriteContext& write) {
  Card card;
  EDGE_TRY(static_cast<Profile&>(card), make_profile(write));
  card.identity = write.account.identity.public_key();
  card.addr = write.account.addr;
  card.tag = crypto::random_array<16>();
  return card;
}

base::Result<> admit(const WriteContext& write, const DepositToken& token, std::int64_t handshake,
                     std::optional<ContactId> contact) {
  return store::insert_deposit_token(
      write.scope, {deposit_key_id(token), store::TokenPurpose::contact, handshake, write.steady(),
                    token.bytes, contact});
}

base::Result<std::int64_t> new_route(const WriteContext& write, store::RouteWay way) {
  EDGE_TRY(const std::int64_t id, write.tx.next_id(write.account.id, "route"));
  EDGE_CHECK(store::insert_route(write.scope, {id, std::move(way), std::nullopt}));
  return id;
}

store::RouteWay way_of(const Profile& profile) {
  return {profile.urls, profile.mailbox, profile.token.bytes};
}

base::Result<> switch_route(const WriteContext& write, store::ContactRow& contact,
                            std::int64_t route) {
  const auto old = contact.route_id;
  contact.route_id = route;
  if (!old || *old == route) return {};
  EDGE_TRY(const auto before, store::find_route(write.scope, *old));
  EDGE_TRY(auto now, store::find_route(write.scope, route));
  if (before && now) {
    now->second = before->way;
    EDGE_CHECK(store::update_route(write.scope, *now));
  }
  EDGE_CHECK(store::move_outbox(write.scope, contact.id, route));
  EDGE_TRY(const bool wanted, store::route_has_pending_join(write.scope, *old));
  return wanted ? base::Result<>{} : store::delete_route(write.scope, *old);
}

}  // namespace messaging
