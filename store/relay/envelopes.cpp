#include "store/relay/envelopes.h"

namespace store {
namespace {

constexpr std::int64_t kOldAtOnce = 256;

base::Result<> count(Connection& db, std::int64_t mailbox, std::int64_t depositor,
                     std::int64_t bytes, std::int64_t envelopes) {
  EDGE_CHECK(
      db.run("UPDATE depositor SET bytes = bytes + ?2, envelopes = envelopes + ?3 WHERE id = ?1",
             depositor, bytes, envelopes));
  EDGE_CHECK(
      db.run("UPDATE mailbox SET bytes = bytes + ?2, envelopes = envelopes + ?3 WHERE id = ?1",
             mailbox, bytes, envelopes));
  EDGE_CHECK(db.run("UPDATE total SET bytes = bytes + ?1, envelopes = envelopes + ?2 WHERE id = 1",
                    bytes, envelopes));
  return {};
}

struct Place {
  std::int64_t id = 0;
  std::int64_t mailbox = 0;
  std::int64_t depositor = 0;
  std::int64_t size = 0;
};

base::Result<> remove(Connection& db, const Place& place) {
  EDGE_CHECK(db.run("DELETE FROM envelope WHERE id = ?1", place.id));
  return count(db, place.mailbox, place.depositor, -place.size, -1);
}

Place read_place(const Row& row) {
  return {row.integer(0), row.integer(1), row.integer(2), row.integer(3)};
}

}  // namespace

base::Result<> insert_envelopes(Connection& db, std::int64_t mailbox, std::int64_t depositor,
                                const std::array<std::uint8_t, 16>& key_id, base::UnixMillis now,
                                std::span<const base::ByteView> envelopes) {
  std::int64_t bytes = 0;
  for (const base::ByteView envelope : envelopes) {
    bytes += static_cast<std::int64_t>(envelope.size());
    EDGE_CHECK(
        db.run("INSERT INTO envelope(mailbox_id, depositor_id, key_id, at, size, body)"
               " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
               mailbox, depositor, key_id, now, envelope.size(), envelope));
  }
  return count(db, mailbox, depositor, bytes, static_cast<std::int64_t>(envelopes.size()));
}

base::Result<std::vector<KeptEnvelope>> envelopes_after(Connection& db, std::int64_t mailbox,
                                                        std::int64_t after, std::size_t max_bytes,
                                                        std::size_t limit) {
  // Reads the sizes first, so that a body which does not fit is not read.
  std::int64_t last = after;
  std::size_t bytes = 0;
  bool full = false;
  EDGE_CHECK(db.each(
      "SELECT id, size FROM envelope WHERE mailbox_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
      [&](const Row& row) {
        const auto size = static_cast<std::size_t>(row.integer(1));
        if (full || (bytes > 0 && bytes + size > max_bytes)) {
          full = true;
          return;
        }
        bytes += size;
        last = row.integer(0);
      },
      mailbox, after, limit));
  std::vector<KeptEnvelope> out;
  if (last == after) return out;
  EDGE_CHECK(db.each(
      "SELECT id, at, key_id, body FROM envelope"
      " WHERE mailbox_id = ?1 AND id > ?2 AND id <= ?3 ORDER BY id",
      [&](const Row& row) -> base::Result<> {
        KeptEnvelope one{row.integer(0), row.integer(1), {}, row.bytes(3)};
        EDGE_TRY(one.key_id, row.array<16>(2));
        out.push_back(std::move(one));
        return {};
      },
      mailbox, after, last));
  return out;
}

base::Result<std::int64_t> delete_envelopes(Connection& db, std::int64_t mailbox,
                                            std::span<const std::int64_t> ids) {
  std::int64_t gone = 0;
  for (const std::int64_t id : ids) {
    EDGE_TRY(const auto place,
             db.one<Place>("SELECT id, mailbox_id, depositor_id, size FROM envelope"
                           " WHERE id = ?1 AND mailbox_id = ?2",
                           read_place, id, mailbox));
    if (!place) continue;
    EDGE_CHECK(remove(db, *place));
    ++gone;
  }
  return gone;
}

base::Result<std::int64_t> delete_old_envelopes(Connection& db, base::UnixMillis before) {
  std::vector<Place> places;
  EDGE_CHECK(db.each(
      "SELECT id, mailbox_id, depositor_id, size FROM envelope WHERE at < ?1 LIMIT ?2",
      [&](const Row& row) { places.push_back(read_place(row)); }, before, kOldAtOnce));
  for (const Place& place : places) EDGE_CHECK(remove(db, place));
  return static_cast<std::int64_t>(places.size());
}

}  // namespace store
