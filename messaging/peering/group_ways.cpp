#include "messaging/peering/group_ways.h"

#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/model/deposit.h"
#include "messaging/peering/reach.h"
#include "messaging/peering/renewal.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/groups.h"
#include "store/tables/invites.h"
#include "store/tables/outbox.h"
#include "store/tables/routes.h"
#include "store/tables/sessions.h"

namespace messaging::peering {
namespace {

// A session request to a member needs all of these.
bool is_way(const MemberCard& card) {
  return card.token && !card.urls.empty() && !card.mailbox.empty();
}

// The token by which strangers ask for sessions: members of a group, or holders of a card.
base::Result<std::array<std::uint8_t, 32>> introduction_token(const kernel::WriteContext& write,
                                                              std::optional<ChatId> chat) {
  store::DepositTokenRow row;
  row.purpose = chat ? store::TokenPurpose::introduction : store::TokenPurpose::card;
  row.owner_id = chat ? chat->value : store::kCardOwner;
  EDGE_TRY(const auto known, store::find_deposit_token_of(write.scope, row.purpose, row.owner_id));
  if (known) return known->token;
  const DepositToken token = DepositToken::generate();
  row.key_id = deposit_key_id(token);
  row.created_at = write.tx.now();
  row.token = token.bytes;
  EDGE_CHECK(store::insert_deposit_token(write.scope, row));
  return token.bytes;
}

}  // namespace

base::Result<> show_ways(const kernel::WriteContext& write, std::optional<ChatId> group,
                         MemberCard& ours) {
  Reach reach = reach_of(write.core, write.account);
  ours.urls = std::move(reach.urls);
  ours.mailbox = std::move(reach.mailbox);
  EDGE_TRY(ours.token, introduction_token(write, group));
  return {};
}

// A session has newer addresses.
base::Result<> take_ways(const kernel::WriteContext& write, store::ContactRow& contact,
                         const MemberCard& card) {
  if (!is_way(card)) return {};
  EDGE_TRY(const auto session, store::sending_session(write.scope, contact.id));
  if (session) return {};
  store::RouteWay way{card.urls, card.mailbox, *card.token};
  if (contact.route_id) {
    if (contact.verified) return {};
    EDGE_TRY(auto route, store::find_route(write.scope, *contact.route_id));
    if (!route) return {};
    keep_reached(way, *route);
    route->way = std::move(way);
    return store::update_route(write.scope, *route);
  }
  EDGE_TRY(const std::int64_t route, new_route(write, way));
  contact.route_id = route;
  // Rows that were queued before the way was known.
  return store::move_outbox(write.scope, contact.id, route);
}

base::Result<> meet(const kernel::WriteContext& write, ContactId contact, const GroupId& group,
                    const MemberCard& card) {
  if (!is_way(card)) return {};
  const Introduction introduction{card.urls, card.mailbox, DepositToken{*card.token},
                                  base::to_bytes(base::ByteView(group))};
  EDGE_CHECK(ensure_session(write, contact, &introduction));
  return {};
}

base::Result<> close_ways(const store::Scope& scope, ChatId chat) {
  EDGE_CHECK(store::delete_deposit_tokens_of(scope, store::TokenPurpose::introduction, chat.value));
  for (;;) {
    EDGE_TRY(const auto invite, store::live_invite(scope, chat));
    if (!invite) return {};
    EDGE_CHECK(store::set_invite_withdrawn(scope, invite->id, true));
    EDGE_CHECK(store::delete_deposit_token(scope, deposit_key_id({invite->token})));
  }
}

base::Result<base::Bytes> introduced_by(const store::Scope& scope, ContactId contact,
                                        const std::array<std::uint8_t, 32>& token) {
  EDGE_TRY(const MemberKey key, chats::key_of(scope, contact));
  EDGE_TRY(const auto chats, store::groups_of_contact(scope, contact));
  for (const ChatId chat : chats) {
    EDGE_TRY(const chats::Group group, chats::load_group(scope, chat));
    const Membership* member = group.state.find(key);
    if (member != nullptr && member->card.token &&
        deposit_key_id({*member->card.token}) == deposit_key_id({token})) {
      return base::to_bytes(base::ByteView(group.row.uuid));
    }
  }
  return base::Bytes();
}

base::Result<bool> introduces(const store::Scope& scope, ChatId chat, base::ByteView group) {
  EDGE_TRY(const auto row, store::find_group(scope, chat));
  return row && row->self_present &&
         std::equal(group.begin(), group.end(), row->uuid.begin(), row->uuid.end());
}

}  // namespace messaging::peering
