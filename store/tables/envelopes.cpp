#include "store/tables/envelopes.h"

#include "base/wire.h"

namespace store {

base::Result<std::optional<SeenEnvelope>> find_seen_envelope(const Scope& scope,
                                                             const EnvelopeKey& id) {
  return scope.db.one<SeenEnvelope>(
      "SELECT contact_id, uuid FROM checked_seen_envelope WHERE account_id = ?1 AND id = ?2"
      " AND intact",
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
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO seen_envelope(account_id, id, at, contact_id, uuid)"
                   " VALUES(?1, ?2, ?3, ?4, ?5)",
                   scope.account, id, at, seen.contact, uuid));
  return {};
}

base::Result<> forget_envelopes(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run("DELETE FROM seen_envelope WHERE account_id = ?1 AND at < ?2",
                          scope.account, before));
  return {};
}

base::Result<> park_envelope(const Scope& scope, const ParkedEnvelope& parked, base::UnixMillis at,
                             const ShareBounds& bounds) {
  std::optional<base::ByteView> tag;
  if (parked.tag) tag = base::ByteView(*parked.tag);
  EDGE_TRY(const auto added,
           scope.db.run("INSERT OR IGNORE INTO parked_envelope(account_id, id, at, envelope, tag,"
                        " source) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                        scope.account, base::ByteView(parked.id), at,
                        base::ByteView(parked.envelope), tag, parked.source));
  if (added == 0) return {};
  std::vector<ShareRow> rows;  // the sizes alone: SQLite reads no blob to say how long it is
  EDGE_CHECK(scope.db.each(
      "SELECT seq, source, length(envelope) FROM parked_envelope WHERE account_id = ?1"
      " ORDER BY seq",
      [&](const Row& row) {
        rows.push_back({row.integer(0), row.integer(1), static_cast<std::size_t>(row.integer(2))});
      },
      scope.account));
  for (const std::int64_t seq : surplus(rows, bounds)) {
    EDGE_CHECK(scope.db.run("DELETE FROM parked_envelope WHERE account_id = ?1 AND seq = ?2",
                            scope.account, seq));
  }
  return {};
}

base::Result<std::vector<ParkedEnvelope>> parked_with_tag(const Scope& scope,
                                                          const EnvelopeTag& tag, std::int64_t seq,
                                                          std::size_t most) {
  std::vector<ParkedEnvelope> found;
  EDGE_CHECK(scope.db.each(
      "SELECT seq, id, tag, source, envelope FROM checked_parked_envelope WHERE account_id = ?1"
      " AND (tag = ?2 OR tag IS NULL) AND seq > ?3 AND intact ORDER BY seq LIMIT ?4",
      [&](const Row& row) {
        ParkedEnvelope parked;
        parked.seq = row.integer(0);
        base::WireReader id(row.blob(1));
        parked.id = id.array<32>();
        if (!row.is_null(2)) {
          base::WireReader in(row.blob(2));
          parked.tag = in.array<16>();
        }
        parked.source = row.integer(3);
        parked.envelope = base::to_bytes(row.blob(4));
        found.push_back(std::move(parked));
      },
      scope.account, base::ByteView(tag), seq, static_cast<std::int64_t>(most)));
  return found;
}

base::Result<std::vector<EnvelopeTag>> parked_tags_with_session(const Scope& scope,
                                                                std::size_t most) {
  std::vector<EnvelopeTag> tags;
  EDGE_CHECK(scope.db.each(
      "SELECT DISTINCT tag FROM checked_parked_envelope WHERE account_id = ?1 AND tag IN"
      " (SELECT tag FROM checked_session WHERE account_id = ?1 AND intact) AND intact LIMIT ?2",
      [&](const Row& row) {
        base::WireReader in(row.blob(0));
        tags.push_back(in.array<16>());
      },
      scope.account, static_cast<std::int64_t>(most)));
  return tags;
}

base::Result<> set_parked_tag(const Scope& scope, const EnvelopeKey& id, const EnvelopeTag& tag) {
  EDGE_CHECK(scope.db.run("UPDATE parked_envelope SET tag = ?3 WHERE account_id = ?1 AND id = ?2",
                          scope.account, base::ByteView(id), base::ByteView(tag)));
  return {};
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
