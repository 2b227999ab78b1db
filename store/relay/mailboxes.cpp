#include "store/relay/mailboxes.h"

#include "store/disk_room.h"
#include "store/relay/admissions.h"

namespace store {
namespace {

constexpr std::int64_t kAbandonedAtOnce = 16;
constexpr std::int64_t kUnusedAtOnce = 256;  // they hold nothing

RelayUsage read_usage(const Row& row) { return {row.integer(0), row.integer(1)}; }
MailboxName read_name(const Row& row) { return {row.integer(0), std::string(row.text(1))}; }

}  // namespace

base::Result<std::optional<RelayMailbox>> find_mailbox(Connection& db, std::string_view name) {
  return db.one<RelayMailbox>(
      "SELECT mailbox.id, owner, admission_id, bytes, envelopes,"
      " admission.id IS NOT NULL AND admission.revoked_at IS NULL, opener"
      " FROM mailbox LEFT JOIN admission ON admission.id = admission_id WHERE mailbox.name = ?1",
      [](const Row& row) -> base::Result<RelayMailbox> {
        RelayMailbox out;
        out.id = row.integer(0);
        EDGE_TRY(out.owner, row.array<32>(1));
        out.party = {row.integer(2), row.bytes(6)};
        out.usage = {row.integer(3), row.integer(4)};
        out.admitted = out.party.admission == kOpenAdmission || row.boolean(5);
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
                                          const RelayParty& party, base::UnixMillis now) {
  EDGE_CHECK(
      db.run("INSERT INTO mailbox(name, owner, admission_id, opener, created_at, seen_at)"
             " VALUES(?1, ?2, ?3, ?4, ?5, ?5)",
             name, owner, party.admission, base::ByteView(party.opener), now));
  EDGE_TRY(const auto id, db.integer("SELECT last_insert_rowid()"));
  return id.value_or(0);
}

base::Result<> touch_mailbox(Connection& db, std::int64_t mailbox, const RelayParty& party,
                             base::UnixMillis now) {
  EDGE_CHECK(db.run("UPDATE mailbox SET seen_at = ?2, admission_id = ?3, opener = ?4 WHERE id = ?1",
                    mailbox, now, party.admission, base::ByteView(party.opener)));
  return {};
}

base::Result<> delete_mailbox(Connection& db, std::int64_t mailbox) {
  EDGE_CHECK(
      db.run("UPDATE total SET bytes = bytes - (SELECT bytes FROM mailbox WHERE id = ?1),"
             " envelopes = envelopes - (SELECT envelopes FROM mailbox WHERE id = ?1),"
             " keys = keys - (SELECT keys FROM mailbox WHERE id = ?1)"
             " WHERE EXISTS(SELECT 1 FROM mailbox WHERE id = ?1)",
             mailbox));
  EDGE_CHECK(db.run("DELETE FROM mailbox WHERE id = ?1", mailbox));
  return {};
}

base::Result<std::vector<MailboxName>> delete_abandoned_mailboxes(Connection& db,
                                                                  base::UnixMillis before,
                                                                  base::UnixMillis unused_before) {
  std::vector<MailboxName> gone;
  const auto note = [&](const Row& row) { gone.push_back(read_name(row)); };
  EDGE_CHECK(db.each("SELECT id, name FROM mailbox WHERE seen_at < ?1 LIMIT ?2", note, before,
                     kAbandonedAtOnce));
  if (gone.empty()) {
    EDGE_CHECK(
        db.each("SELECT id, name FROM mailbox WHERE keys = 0 AND envelopes = 0 AND seen_at < ?1"
                " LIMIT ?2",
                note, unused_before, kUnusedAtOnce));
  }
  for (const MailboxName& one : gone) EDGE_CHECK(delete_mailbox(db, one.id));
  return gone;
}

base::Result<std::vector<MailboxName>> unused_mailboxes(Connection& db,
                                                        const std::optional<RelayParty>& party) {
  std::vector<MailboxName> found;
  const auto note = [&](const Row& row) { found.push_back(read_name(row)); };
  const std::string unused = "SELECT id, name FROM mailbox WHERE keys = 0 AND envelopes = 0";
  const std::string order = " ORDER BY seen_at, id LIMIT 128";
  if (!party) {
    EDGE_CHECK(db.each(unused + order, note));
  } else if (party->admission != kOpenAdmission) {
    EDGE_CHECK(db.each(unused + " AND admission_id = ?1" + order, note, party->admission));
  } else if (!party->opener.empty()) {
    EDGE_CHECK(db.each(unused + " AND opener = ?1" + order, note, base::ByteView(party->opener)));
  }
  return found;
}

base::Result<std::int64_t> count_mailboxes(Connection& db) {
  EDGE_TRY(const auto count, db.integer("SELECT count(*) FROM mailbox"));
  return count.value_or(0);
}

base::Result<std::int64_t> count_mailboxes_of(Connection& db, const RelayParty& party) {
  if (party.admission == kOpenAdmission && party.opener.empty()) return 0;
  EDGE_TRY(const auto count,
           party.admission != kOpenAdmission
               ? db.integer("SELECT count(*) FROM mailbox WHERE admission_id = ?1", party.admission)
               : db.integer("SELECT count(*) FROM mailbox WHERE opener <> x'' AND opener = ?1",
                            base::ByteView(party.opener)));
  return count.value_or(0);
}

base::Result<RelayUsage> usage_of(Connection& db, const RelayParty& party) {
  if (party.admission == kOpenAdmission && party.opener.empty()) return RelayUsage{};
  const std::string sum =
      "SELECT coalesce(sum(bytes), 0), coalesce(sum(envelopes), 0) FROM mailbox WHERE ";
  EDGE_TRY(const auto usage,
           party.admission != kOpenAdmission
               ? db.one<RelayUsage>(sum + "admission_id = ?1", read_usage, party.admission)
               : db.one<RelayUsage>(sum + "opener <> x'' AND opener = ?1", read_usage,
                                    base::ByteView(party.opener)));
  return usage.value_or(RelayUsage{});
}

base::Result<RelayUsage> usage_in_all(Connection& db) {
  EDGE_TRY(const auto usage,
           db.one<RelayUsage>("SELECT bytes, envelopes FROM total WHERE id = 1", read_usage));
  return usage.value_or(RelayUsage{});
}

bool has_room_for(Connection& db, const std::string& dir, std::uint64_t bytes) {
  if (has_room(dir, bytes)) return true;
  const auto pages = db.integer("PRAGMA freelist_count");
  const auto page = db.integer("PRAGMA page_size");
  if (!pages || !page) return false;
  const auto unused = static_cast<std::uint64_t>(pages->value_or(0)) *
                      static_cast<std::uint64_t>(page->value_or(0));
  return unused / 2 > bytes;  // rows need some pages more than their bytes
}

}  // namespace store
