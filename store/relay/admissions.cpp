#include "store/relay/admissions.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace store {

using base::Errc;
using base::fail;

std::string new_admission_token() { return crypto::base64url_encode(crypto::random_array<32>()); }

std::array<std::uint8_t, 32> admission_hash(std::string_view token) {
  base::WireWriter out;
  out.text("privitty-edge relay admission").text(token);
  return crypto::blake2b<32>(out.view());
}

base::Result<> insert_admission(Connection& db, std::string_view name,
                                const std::array<std::uint8_t, 32>& hash, base::UnixMillis now) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (name.empty() || name.size() > 64 || !plain) {
    return fail(Errc::invalid_argument,
                "an admission's name has 1 to 64 letters, digits and signs, without spaces");
  }
  auto inserted = db.run("INSERT INTO admission(name, token_hash, created_at) VALUES(?1, ?2, ?3)",
                         name, hash, now);
  if (!inserted && inserted.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "'" + std::string(name) +
                                          "' was admitted before (relay list shows it); "
                                          "choose another name");
  }
  if (!inserted) return std::move(inserted).error();
  return {};
}

base::Result<> revoke_admission(Connection& db, std::string_view name, base::UnixMillis now) {
  EDGE_TRY(const auto changed,
           db.run("UPDATE admission SET revoked_at = coalesce(revoked_at, ?2) WHERE name = ?1",
                  name, now));
  if (changed == 0) {
    return fail(Errc::not_found, "nobody was admitted as '" + std::string(name.substr(0, 64)) +
                                     "'; relay list shows the names");
  }
  return {};
}

base::Result<std::vector<Admission>> list_admissions(Connection& db) {
  std::vector<Admission> out;
  EDGE_CHECK(
      db.each("SELECT id, name, created_at, revoked_at,"
              " (SELECT count(*) FROM mailbox WHERE admission_id = admission.id),"
              " (SELECT coalesce(sum(bytes), 0) FROM mailbox WHERE admission_id = admission.id)"
              " FROM admission ORDER BY id",
              [&](const Row& row) {
                out.push_back({row.integer(0), std::string(row.text(1)), row.integer(2),
                               row.maybe_integer(3), row.integer(4), row.integer(5)});
              }));
  return out;
}

base::Result<std::optional<std::int64_t>> find_admission(Connection& db,
                                                         const std::array<std::uint8_t, 32>& hash) {
  return db.integer("SELECT id FROM admission WHERE token_hash = ?1 AND revoked_at IS NULL", hash);
}

}  // namespace store
