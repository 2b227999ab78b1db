#include "store/tables/envelopes.h"

#include "base/wire.h"

namespace store {

base::Result<std::optional<SeenEnvelope>> find_seen_envelope(const Scope& scope,
                                                             const EnvelopeKey& id) {
  return scope.db.one<SeenEnvelope>(
      "SELECT contact_id, uuid FROM seen_envelope WHERE account_id = ?1 AND id = ?2",
      [](const Row& row) -> base::Result<SeenEnvelope> {
        SeenEnvelope seen;
        if (row.is_null(0)) return seen;
        seen.contact = row.id<base::ContactId>(0);
        EDGE_TRY(seen.uuid, row.array<16>(1));
        return seen;
      },
      scope.account, id);
}

base::Result<> note_envelope(const Scope& scope, const EnvelopeKey& id, base::UnixMillis at,
                             const SeenEnvelope& seen) {
  std::optional<base::ByteView> uuid;
  if (seen.contact) uuid = base::ByteView(seen.uuid);
  EDGE_CHECK(scope.db.run(
      "INSERT INTO seen_envelope(account_id, id, at, contact_id, uuid) VALUES(?1, ?2, ?3, ?4, ?5)",
      scope.account, id, at, seen.contact, uuid));
  return {};
}

base::Result<> forget_envelopes(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run("DELETE FROM seen_envelope WHERE account_id = ?1 AND at < ?2",
                          scope.account, before));
  return {};
}

base::Result<> park_envelope(const Scope& scope, const ParkedEnvelope& parked, base::UnixMillis at,
                             std::size_t keep) {
  EDGE_CHECK(
      scope.db.run("INSERT OR IGNORE INTO parked_envelope(account_id, id, at, envelope)"
                   " VALUES(?1, ?2, ?3, ?4)",
                   scope.account, base::ByteView(parked.id), at, base::ByteView(parked.envelope)));
  EDGE_CHECK(scope.db.run(
      "DELETE FROM parked_envelope WHERE account_id = ?1 AND seq NOT IN"
      " (SELECT seq FROM parked_envelope WHERE account_id = ?1 ORDER BY seq DESC LIMIT ?2)",
      scope.account, static_cast<std::int64_t>(keep)));
  return {};
}

base::Result<std::vector<ParkedEnvelope>> parked_envelopes(const Scope& scope) {
  std::vector<ParkedEnvelope> all;
  EDGE_CHECK(scope.db.each(
      "SELECT id, envelope FROM parked_envelope WHERE account_id = ?1 ORDER BY seq",
      [&](const Row& row) {
        ParkedEnvelope parked;
        base::WireReader id(row.blob(0));
        parked.id = id.array<32>();
        parked.envelope = base::to_bytes(row.blob(1));
        all.push_back(std::move(parked));
      },
      scope.account));
  return all;
}

base::Result<> unpark_envelope(const Scope& scope, const EnvelopeKey& id) {
  EDGE_CHECK(scope.db.run("DELETE FROM parked_envelope WHERE account_id = ?1 AND id = ?2",
                          scope.account, base::ByteView(id)));
  return {};
}

base::Result<> drop_parked_envelopes(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run("DELETE FROM parked_envelope WHERE account_id = ?1 AND at < ?2",
                          scope.account, before));
  return {};
}

}  // namespace store
