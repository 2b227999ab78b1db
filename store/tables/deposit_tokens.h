// Deposit tokens: by which others may put envelopes into our mailboxes. Found by their key id,
// which is all that a deposit names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

enum class TokenPurpose : std::uint8_t {
  invite = 1,
  contact = 2,
  introduction = 3,  // members of a group who have no session with us yet
  retired = 4,       // a contact's that was replaced: it still allows session requests
  card = 5,          // whoever holds a card (vCard) of ours
};
// The owner of the account's one token for cards. Chats, which own introductions, start at 10.
inline constexpr std::int64_t kCardOwner = 1;

struct DepositTokenRow {
  std::array<std::uint8_t, 16> key_id{};
  TokenPurpose purpose = TokenPurpose::contact;
  // The invite; the group's chat; kCardOwner; for contacts the handshake that gave it out, so a
  // later one is higher.
  std::int64_t owner_id = 0;
  base::UnixMillis created_at = 0;
  std::array<std::uint8_t, 32> token{};
  std::optional<base::ContactId> contact = {};  // nobody: not known yet
  bool used = false;                            // a deposit came with it
  bool blocked = false;                         // read only: its contact is
};

base::Result<> insert_deposit_token(const Scope& scope, const DepositTokenRow& row);
base::Result<> delete_deposit_token(const Scope& scope, const std::array<std::uint8_t, 16>& key_id);
base::Result<> delete_deposit_tokens(const Scope& scope, TokenPurpose purpose);
base::Result<> delete_deposit_tokens_of(const Scope& scope, TokenPurpose purpose,
                                        std::int64_t owner_id);
// The contact deposits with this token, which retires its earlier ones. Not while a handshake with
// it is under way (the deposit after it will), and not tokens of one of several live sessions: the
// contact may use either. The token of a session that no longer sends retires nothing.
base::Result<> use_deposit_token(const Scope& scope, const DepositTokenRow& row,
                                 base::ContactId contact);
// A handshake that began without a contact now has one.
base::Result<> give_deposit_tokens(const Scope& scope, std::int64_t owner_id,
                                   base::ContactId contact);
// The contact's tokens from before its live sessions and before the handshakes under way with it:
// only an earlier copy of its account has them.
base::Result<> delete_earlier_deposit_tokens(const Scope& scope, base::ContactId contact);
base::Result<> delete_retired_tokens(const Scope& scope, base::UnixMillis before);
// The newest one.
base::Result<std::optional<DepositTokenRow>> find_deposit_token_of(const Scope& scope,
                                                                   TokenPurpose purpose,
                                                                   std::int64_t owner_id);
// All of the account, oldest first.
base::Result<std::vector<DepositTokenRow>> list_deposit_tokens(const Scope& scope);
base::Result<std::optional<DepositTokenRow>> find_deposit_token(
    const Scope& scope, const std::array<std::uint8_t, 16>& key_id);

}  // namespace store
