// Admissions: who may open mailboxes at this relay. The token is shown once and stored as its
// hash; a revoked admission stays as a row, so that its name cannot be given to another device by
// mistake.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

inline constexpr std::int64_t kOpenAdmission = 0;  // of mailboxes that needed no token

struct Admission {
  std::int64_t id = 0;
  std::string name;
  base::UnixMillis created_at = 0;
  std::optional<base::UnixMillis> revoked_at;
  std::int64_t mailboxes = 0;
  std::int64_t bytes = 0;
};

// 32 random bytes in base64url, and what is stored of it.
std::string new_admission_token();
std::array<std::uint8_t, 32> admission_hash(std::string_view token);

// Errc::already_exists when the name was given out before, revoked or not.
base::Result<> insert_admission(Connection& db, std::string_view name,
                                const std::array<std::uint8_t, 32>& hash, base::UnixMillis now);
// Errc::not_found for an unknown name; revoking again has no effect.
base::Result<> revoke_admission(Connection& db, std::string_view name, base::UnixMillis now);
base::Result<std::vector<Admission>> list_admissions(Connection& db);
// Nothing for an unknown or revoked token.
base::Result<std::optional<std::int64_t>> find_admission(Connection& db,
                                                         const std::array<std::uint8_t, 32>& hash);

}  // namespace store
