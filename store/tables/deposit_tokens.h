// Deposit tokens: by which others may put envelopes into our mailboxes. Found by their key id,
// which is all that a deposit names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

enum class TokenPurpose : std::uint8_t { invite = 1, contact = 2 };

struct DepositTokenRow {
  std::array<std::uint8_t, 16> key_id{};
  TokenPurpose purpose = TokenPurpose::contact;
  std::int64_t owner_id = 0;  // the invite; for contacts: the join that gave it out
  base::UnixMillis created_at = 0;
  std::array<std::uint8_t, 32> token{};
};

base::Result<> insert_deposit_token(const Scope& scope, const DepositTokenRow& row);
base::Result<> delete_deposit_token(const Scope& scope, const std::array<std::uint8_t, 16>& key_id);
base::Result<> delete_deposit_tokens_of(const Scope& scope, TokenPurpose purpose,
                                        std::int64_t owner_id);
base::Result<std::optional<DepositTokenRow>> find_deposit_token(
    const Scope& scope, const std::array<std::uint8_t, 16>& key_id);

}  // namespace store
