#include "store/relay/mailboxes.h"

#include "store/relay/admissions.h"

namespace store {
namespace {

constexpr std::int64_t kAbandonedAtOnce = 16;

RelayUsage read_usage(const Row& row) { return {row.integer(0), row.integer(1)}; }

}  // namespace

base::Result<std::optional<RelayMailbox>> find_mailbox(Connection& db, std::string_view name) {
  return db.one<RelayMailbox>(
      "SELECT mailbox.id, owner, admission_id, bytes, envelopes,"
      " admission.id IS NOT NULL AND admission.revoked_at IS NULL"
      " FROM mailbox LEFT JOIN admission ON admission.id = admission_id WHERE mailbox.name = ?1",
      [](const Row& row) -> base::Result<RelayMailbox> {
        RelayMailbox out;
        out.id = row.integer(0);
        EDGE_TRY(out.owner, row.array<32>(1));
        out.admission = row.integer(2);
        out.usage = {row.integer(3), row.integer(4)};
        out.admitted = out.admission == kOpenAdmission || row.boolean(5);
        return out;
      },
      name);
}

base::Result<bool> mailbox_is_admitted(Connection& db, std::int64_t mailbox) {
  EDGE_TRY(const auto admitted,
           db.integer("SELECT admission_id = ?2 OR EXISTS(SELECT 1 FROM admission"
                      " WHERE id = admission_id AND revoked_at IS NULL)"
                      " FROM mailbox WHERE id = ?1",
                      mailbox, kOpenAdmission));
  return admitted.value_or(0) != 0;
}

base::Result<std::vector<std::int64_t>> list_revoked_mailboxes(Connection& db) {
  std::vector<std::int64_t> ids;
  EDGE_CHECK(
      db.each("SELECT mailbox.id FROM admission JOIN mailbox ON admission_id = admission.id"
              " WHERE revoked_at IS NOT NULL",
              [&](const Row& row) { ids.push_back(row.integer(0)); }));
  return ids;
}

base::Result<std::int64_t> insert_mailbox(Connection& db, std::string_view name,
                                          const std::array<std::uint8_t, 32>& owner,
                                          std::int64_t admission, base::UnixMillis now) {
  EDGE_CHECK(
      db.run("INSERT INTO mailbox(name, owner, admission_id, created_at, seen_at)"
             " VALUES(?1, ?2, ?3, ?4, ?4)",
             name, owner, admission, now));
  EDGE_TRY(const auto id, db.integer("SELECT last_insert_rowid()"));
  return id.value_or(0);
}

base::Result<> touch_mailbox(Connection& db, std::int64_t mailbox, std::int64_t admission,
                             base::UnixMillis now) {
  EDGE_CHECK(db.run("UPDATE mailbox SET seen_at = ?2, admission_id = ?3 WHERE id = ?1", mailbox,
                    now, admission));
  return {};
}

base::Result<> delete_mailbox(Connection& db, std::int64_t mailbox) {
  EDGE_CHECK(
      db.run("UPDATE total SET bytes = bytes - (SELECT bytes FROM mailbox WHERE id = ?1),"
             " envelopes = envelopes - (SELECT envelopes FROM mailbox WHERE id = ?1)"
             " WHERE EXISTS(SELECT 1 FROM mailbox WHERE id = ?1)",
             mailbox));
  EDGE_CHECK(db.run("DELETE FROM mailbox WHERE id = ?1", mailbox));
  return {};
}

base::Result<std::int64_t> delete_abandoned_mailboxes(Connection& db, base::UnixMillis before) {
  std::vector<std::int64_t> ids;
  EDGE_CHECK(db.each(
      "SELECT id FROM mailbox WHERE seen_at < ?1 LIMIT ?2",
      [&](const Row& row) { ids.push_back(row.integer(0)); }, before, kAbandonedAtOnce));
  for (const std::int64_t id : ids) EDGE_CHECK(delete_mailbox(db, id));
  return static_cast<std::int64_t>(ids.size());
}

base::Result<std::int64_t> count_mailboxes(Connection& db) {
  EDGE_TRY(const auto count, db.integer("SELECT count(*) FROM mailbox"));
  return count.value_or(0);
}

base::Result<std::int64_t> count_mailboxes_of(Connection& db, std::int64_t admission) {
  EDGE_TRY(const auto count,
           db.integer("SELECT count(*) FROM mailbox WHERE admission_id = ?1", admission));
  return count.value_or(0);
}

base::Result<RelayUsage> usage_of_admission(Connection& db, std::int64_t admission) {
  EDGE_TRY(const auto usage,
           db.one<RelayUsage>("SELECT coalesce(sum(bytes), 0), coalesce(sum(envelopes), 0)"
                              " FROM mailbox WHERE admission_id = ?1",
                              read_usage, admission));
  return usage.value_or(RelayUsage{});
}

base::Result<RelayUsage> usage_in_all(Connection& db) {
  EDGE_TRY(const auto usage,
           db.one<RelayUsage>("SELECT bytes, envelopes FROM total WHERE id = 1", read_usage));
  return usage.value_or(RelayUsage{});
}

}  // namespace store
