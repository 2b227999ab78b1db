// Handshakes under way: our join by somebody's invite (role joiner), somebody's by ours (inviter),
// and sessions between known identities that we begin (initiator) or answer (responder). The memory
// of a handshake is one sealed value here, which messaging interprets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

enum class JoinRole : std::uint8_t { joiner = 1, inviter = 2, initiator = 3, responder = 4 };
enum class JoinState : std::uint8_t { waiting = 0, answered = 1 };

struct PendingJoinRow {
  std::int64_t id = 0;
  JoinRole role = JoinRole::joiner;
  std::optional<std::array<std::uint8_t, 16>> tag;     // who began: where message 2 comes
  std::optional<std::array<std::uint8_t, 32>> digest;  // who answers: of message 1
  std::optional<base::ContactId> contact;              // who began, and of a responder when known
  std::int64_t invite_id = 0;   // inviter; of a responder the group's chat that introduced who asks
  std::int64_t session_id = 0;  // once there is one
  std::int64_t route_id = 0;
  JoinState state = JoinState::waiting;
  base::UnixMillis created_at = 0;
  crypto::WipingBytes memory;
};

base::Result<> insert_pending_join(const Scope& scope, const PendingJoinRow& row);
base::Result<> update_pending_join(const Scope& scope, const PendingJoinRow& row);
base::Result<> delete_pending_join(const Scope& scope, std::int64_t id);
base::Result<std::optional<PendingJoinRow>> find_pending_join(const Scope& scope, std::int64_t id);
base::Result<std::optional<PendingJoinRow>> find_pending_join_by_tag(
    const Scope& scope, const std::array<std::uint8_t, 16>& tag);
base::Result<std::optional<PendingJoinRow>> find_pending_join_by_digest(
    const Scope& scope, const std::array<std::uint8_t, 32>& digest);
base::Result<std::optional<PendingJoinRow>> find_pending_join_by_session(const Scope& scope,
                                                                         std::int64_t session_id);
// The contact's one of this role, the newest when there are several.
base::Result<std::optional<PendingJoinRow>> find_pending_join_by_contact(const Scope& scope,
                                                                         base::ContactId contact,
                                                                         JoinRole role);
base::Result<std::int64_t> count_pending_joins_on(const Scope& scope, std::int64_t route_id);
// Those of one invite or introduction: how many, and the oldest one.
struct PendingCount {
  std::int64_t count = 0;
  std::int64_t oldest = 0;
  base::UnixMillis oldest_at = 0;
};
base::Result<PendingCount> count_pending_joins_of(const Scope& scope, JoinRole role,
                                                  std::int64_t invite_id);
// Ids, the oldest first.
base::Result<std::vector<std::int64_t>> pending_joins_of_role(const Scope& scope, JoinRole role);

}  // namespace store
