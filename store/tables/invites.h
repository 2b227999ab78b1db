// Invites: secrets that we publish so that others can join us. Number, secret and token are sealed;
// the number's keyed hash finds the row.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

struct InviteRow {
  std::int64_t id = 0;
  std::optional<base::ChatId> chat;  // nothing: the account's own
  bool withdrawn = false;
  base::UnixMillis created_at = 0;
  std::string number;
  crypto::WipingArray<32> secret;
  std::array<std::uint8_t, 32> token{};
};

base::Result<> insert_invite(const Scope& scope, const InviteRow& row);
base::Result<> delete_invites(const Scope& scope);
base::Result<> set_invite_withdrawn(const Scope& scope, std::int64_t id, bool withdrawn);
base::Result<std::optional<InviteRow>> find_invite(const Scope& scope, std::int64_t id);
base::Result<std::optional<InviteRow>> find_invite_by_number(const Scope& scope,
                                                             const std::string& number);
// All that are not withdrawn, by id.
base::Result<std::vector<InviteRow>> live_invites(const Scope& scope);
// The newest one that is not withdrawn.
base::Result<std::optional<InviteRow>> live_invite(const Scope& scope,
                                                   std::optional<base::ChatId> chat);

}  // namespace store
