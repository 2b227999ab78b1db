#include "messaging/peering/gateway_protocol.h"

#include <limits>

#include "crypto/invite.h"
#include "messaging/files/removal.h"
#include "messaging/groups/group_joining.h"
#include "messaging/kernel/protocols.h"
#include "messaging/kernel/write_context.h"
#include "messaging/peering/avatars.h"
#include "messaging/peering/group_ways.h"
#include "messaging/peering/incoming.h"
#include "messaging/peering/invites.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/renewal.h"
#include "messaging/peering/restored_sessions.h"
#include "messaging/peering/session_outbox.h"
#include "store/tables/envelopes.h"
#include "store/tables/invites.h"
#include "store/tables/routes.h"
#include "store/tables/sessions.h"
#include "store/tables/transfers.h"

namespace messaging::peering {
namespace {

constexpr base::Millis kDay = 24 * 3600 * base::Millis{1000};
// By then a message that is still missing was encrypted again in a newer session, or expired.
constexpr base::Millis kSkippedKeyLifetime = 30 * kDay;
// On a superseded session all messages have arrived but a few late ones.
constexpr base::Millis kSpentKeyLifetime = 7 * kDay;
constexpr base::Millis kSpentSessionLifetime = 30 * kDay;

// Transfers whose message never arrived.
base::Result<> expire_transfers(const kernel::WriteContext& write, UnixMillis before) {
  EDGE_TRY(const auto stale, store::transfers_before(write.scope, before));
  files::RemovedFiles files(write.core, write.account);
  for (const store::TransferRow& transfer : stale) {
    EDGE_CHECK(store::delete_transfer(write.scope, transfer.id));
    files.add(transfer.name);
  }
  files.remove_after(write.tx);
  return {};
}

base::Result<> expire_keys(const kernel::WriteContext& write, UnixMillis now) {
  EDGE_TRY(const std::int64_t gone,
           store::expire_skipped_keys(write.scope, now,
                                      {.live_before = now - kSkippedKeyLifetime,
                                       .spent_before = now - kSpentKeyLifetime,
                                       .sessions_before = now - kSpentSessionLifetime}));
  if (gone > 0) write.tx.scrub();
  return {};
}

}  // namespace

// api/parts.cpp puts a GatewayProtocol into this place of the table.
RenewalState& renewal_state(const kernel::WriteContext& write) {
  return static_cast<GatewayProtocol&>(write.core.protocols.of(kernel::ProtocolKind::gateway))
      .renewal();
}

kernel::Abilities GatewayProtocol::abilities() const {
  return {.acknowledges = true,
          .groups = true,
          .protected_files = true,
          .read_receipts = true,
          .largest_file = std::numeric_limits<std::uint64_t>::max()};
}

base::Result<std::string> GatewayProtocol::invite_link(const kernel::WriteContext& write,
                                                       std::optional<base::ChatId> chat) {
  return messaging::peering::invite_link(write, chat);
}

base::Result<base::ChatId> GatewayProtocol::join(const kernel::WriteContext& write,
                                                 const std::string& link) {
  EDGE_TRY(const crypto::Invite invite, read_invite(link));
  EDGE_TRY(const base::ChatId chat, start_join(write, invite));
  if (!invite.group) return chat;
  return groups::expect_group(write, invite);
}

base::Result<> GatewayProtocol::toggle_invite(const kernel::WriteContext& write,
                                              const std::string& link) {
  EDGE_TRY(const crypto::Invite invite, crypto::parse_invite(link));
  if (invite.identity != write.account.identity.public_key()) {
    return base::fail(base::Errc::invalid_argument,
                      "this invite link is somebody else's; use secure_join to join them");
  }
  EDGE_TRY(const auto own, store::find_invite_by_number(write.scope, invite.number));
  if (!own) {
    return base::fail(base::Errc::not_found, "no invite of this account has this number");
  }
  return messaging::peering::toggle_invite(write, *own);
}

base::Result<bool> GatewayProtocol::prepare(const kernel::WriteContext& write,
                                            base::ContactId contact,
                                            std::span<store::OutboxRow> rows) {
  return prepare_rows(write, contact, rows);
}

base::Result<> GatewayProtocol::want_link(const kernel::WriteContext& write,
                                          base::ContactId contact) {
  EDGE_CHECK(ensure_session(write, contact));
  return {};
}

base::Result<> GatewayProtocol::acknowledged(const kernel::WriteContext& write,
                                             const store::OutboxRow& row) {
  return row.join_id != 0 ? join_confirmed(write, row.join_id) : base::Result<>{};
}

base::Result<> GatewayProtocol::send_profile(const kernel::WriteContext& write) {
  EDGE_TRY(const bool anybody, store::has_live_session(write.scope));
  if (!anybody) return {};
  EDGE_CHECK(messaging::peering::send_profile(write));
  return send_avatar(write);
}

base::Result<> GatewayProtocol::take_profile(const kernel::WriteContext& write,
                                             const store::ContactRow& contact,
                                             const Profile& profile) {
  return take_way(write, contact, profile);
}

base::Result<> GatewayProtocol::show_ways(const kernel::WriteContext& write,
                                          std::optional<base::ChatId> group, MemberCard& ours) {
  return messaging::peering::show_ways(write, group, ours);
}

base::Result<> GatewayProtocol::take_ways(const kernel::WriteContext& write,
                                          store::ContactRow& contact, const MemberCard& card) {
  return messaging::peering::take_ways(write, contact, card);
}

base::Result<> GatewayProtocol::meet(const kernel::WriteContext& write, base::ContactId contact,
                                     const GroupId& group, const MemberCard& card) {
  return messaging::peering::meet(write, contact, group, card);
}

base::Result<> GatewayProtocol::close_ways(const kernel::WriteContext& write, base::ChatId group) {
  return messaging::peering::close_ways(write.scope, group);
}

base::Result<std::string> GatewayProtocol::place(const store::Scope& scope, std::int64_t route) {
  EDGE_TRY(const auto row, store::find_route(scope, route));
  return row && !row->way.urls.empty() ? row->way.urls.front() : std::string();
}

base::Result<std::int64_t> GatewayProtocol::run_maintenance(const kernel::WriteContext& write,
                                                            bool may_expire) {
  const UnixMillis now = write.steady();
  const base::Millis lifetime = write.core.options.expire_after;
  EDGE_CHECK(retry_renewals(write));
  EDGE_CHECK(reconnect_due(write));
  EDGE_CHECK(send_profile(write));
  if (may_expire) {
    EDGE_CHECK(expire_joins(write, now));
    EDGE_CHECK(expire_renewals(write, now));
    EDGE_CHECK(store::forget_envelopes(write.scope, now - kSeenLifetime));
    EDGE_CHECK(store::drop_parked_envelopes(write.scope, now - kParkedLifetime));
    EDGE_CHECK(expire_keys(write, now));
    EDGE_CHECK(expire_transfers(write, now - lifetime));
  }
  return store::repeat_requests(write.scope, now - kAskAgainAfter);
}

void GatewayProtocol::retry_arrivals(base::AccountId account) { incoming_.retry_parked(account); }

void GatewayProtocol::forget(base::AccountId account) {
  carrier_.forget(account);
  renewal_.forget(account);
}

}  // namespace messaging::peering
