// Joins under way: ours by somebody's invite (role joiner), and somebody's by ours (role inviter).
// What a join has to remember is messaging's business: it is one sealed value here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

enum class JoinRole : std::uint8_t { joiner = 1, inviter = 2 };
enum class JoinState : std::uint8_t { waiting = 0, answered = 1 };

struct PendingJoinRow {
  std::int64_t id = 0;
  JoinRole role = JoinRole::joiner;
  std::optional<std::array<std::uint8_t, 16>> tag;     // joiner: where message 2 comes
  std::optional<std::array<std::uint8_t, 32>> digest;  // inviter: of message 1
  std::optional<base::ContactId> contact;              // joiner
  std::int64_t invite_id = 0;                          // inviter
  std::int64_t session_id = 0;                         // once there is one
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
base::Result<bool> route_has_pending_join(const Scope& scope, std::int64_t route_id);
// Ids, the oldest first.
base::Result<std::vector<std::int64_t>> pending_joins_of_role(const Scope& scope, JoinRole role);

}  // namespace store
