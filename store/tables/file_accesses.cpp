#include "store/tables/file_accesses.h"

#include "base/log.h"
#include "store/sql_literal.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::int64_t kDownload = 1;
constexpr std::int64_t kForward = 2;

#define FILE_ACCESS_COLUMNS                                                                    \
  "SELECT file_id, contact_id, via_id, chat_id, msg_id, state, flags, rev, asked, expires_at," \
  " changed_at, group_id, intact FROM checked_file_access "

base::Result<FileAccessRow> read_row(const Row& columns) {
  EDGE_CHECK(check_intact(columns, 12));
  FileAccessRow row;
  row.file = columns.id<base::FileId>(0);
  row.contact = columns.id<base::ContactId>(1);
  row.via = columns.id<base::ContactId>(2);
  row.chat = columns.id<base::ChatId>(3);
  row.message = columns.id<base::MsgId>(4);
  row.state = columns.enumerator<FileState>(5);
  row.download = (columns.integer(6) & kDownload) != 0;
  row.forward = (columns.integer(6) & kForward) != 0;
  row.rev = static_cast<std::uint64_t>(columns.integer(7));
  row.asked = static_cast<std::uint64_t>(columns.integer(8));
  row.expires_at = columns.integer(9);
  row.changed_at = columns.integer(10);
  if (!columns.blob(11).empty()) {
    EDGE_TRY(row.group, columns.array<16>(11));
  }
  return row;
}

// An empty blob for none: it takes an address, where a view without one would be NULL.
base::ByteView key_of(const std::optional<Uuid>& group) {
  static constexpr std::uint8_t kNone = 0;
  return group ? base::ByteView(*group) : base::ByteView(&kNone, 0);
}

template <class... Args>
base::Result<std::vector<FileAccessRow>> collect(const Scope& scope, std::string_view sql,
                                                 const Args&... args) {
  std::vector<FileAccessRow> rows;
  EDGE_CHECK(scope.db.each(
      sql,
      [&](const Row& row) {
        auto one = read_row(row);
        if (one) return rows.push_back(*std::move(one));
        base::log::error("an access to file {} of account {} does not open", row.integer(0),
                         scope.account.value);
      },
      scope.account, args...));
  return rows;
}

}  // namespace

base::Result<> put_file_access(const Scope& scope, const FileAccessRow& row) {
  const std::int64_t flags = (row.download ? kDownload : 0) | (row.forward ? kForward : 0);
  EDGE_CHECK(scope.db.run(
      "INSERT INTO file_access(account_id, file_id, contact_id, via_id, chat_id, msg_id, state,"
      " flags, rev, asked, expires_at, changed_at, group_id)"
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT DO UPDATE SET via_id = excluded.via_id, chat_id = excluded.chat_id,"
      " msg_id = excluded.msg_id,"
      " state = excluded.state, flags = excluded.flags, rev = excluded.rev,"
      " asked = excluded.asked, expires_at = excluded.expires_at,"
      " changed_at = excluded.changed_at",
      scope.account, row.file, row.contact, row.via, row.chat, row.message, row.state, flags,
      row.rev, row.asked, row.expires_at, row.changed_at, key_of(row.group)));
  return {};
}

base::Result<std::optional<FileAccessRow>> find_file_access(const Scope& scope, base::FileId file,
                                                            base::ContactId contact) {
  // All of them: a decision that was changed outside must not give way to an older one.
  std::optional<FileAccessRow> newest;
  EDGE_CHECK(scope.db.each(
      FILE_ACCESS_COLUMNS "WHERE account_id = ? AND file_id = ? AND contact_id = ? ORDER BY rev",
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(newest, read_row(row));
        return {};
      },
      scope.account, file, contact));
  return newest;
}

base::Result<std::optional<FileAccessRow>> find_file_access_in(const Scope& scope,
                                                               base::FileId file,
                                                               base::ContactId contact,
                                                               const std::optional<Uuid>& group) {
  return scope.db.one<FileAccessRow>(
      FILE_ACCESS_COLUMNS
      "WHERE account_id = ? AND file_id = ? AND contact_id = ? AND group_id = ?",
      [](const Row& row) { return read_row(row); }, scope.account, file, contact, key_of(group));
}

base::Result<std::vector<FileAccessRow>> file_accesses_of_holder(const Scope& scope,
                                                                 base::FileId file,
                                                                 base::ContactId contact) {
  return collect(scope,
                 FILE_ACCESS_COLUMNS
                 "WHERE account_id = ? AND file_id = ? AND contact_id = ? ORDER BY rev DESC",
                 file, contact);
}

base::Result<std::vector<FileAccessRow>> file_accesses(const Scope& scope, base::FileId file) {
  return collect(scope,
                 FILE_ACCESS_COLUMNS
                 "WHERE account_id = ? AND file_id = ? ORDER BY contact_id, group_id",
                 file);
}

base::Result<std::vector<FileAccessRow>> file_accesses_of_message(const Scope& scope,
                                                                  base::MsgId message) {
  return collect(scope, FILE_ACCESS_COLUMNS "WHERE account_id = ? AND msg_id = ?", message);
}

base::Result<std::vector<FileAccessRow>> file_accesses_of_member(const Scope& scope,
                                                                 const Uuid& group,
                                                                 base::ContactId contact) {
  return collect(scope,
                 FILE_ACCESS_COLUMNS "WHERE account_id = ? AND group_id = ? AND contact_id = ?",
                 group, contact);
}

base::Result<std::vector<FileAccessRow>> due_file_accesses(const Scope& scope,
                                                           base::UnixMillis now) {
  return collect(scope,
                 FILE_ACCESS_COLUMNS
                 "WHERE account_id = ? AND state = ? AND expires_at > 0 AND expires_at <= ?",
                 FileState::active, now);
}

base::Result<std::optional<base::UnixMillis>> next_due_file_access(Connection& db) {
  static const std::string kSql =
      "SELECT expires_at FROM checked_file_access WHERE state = " + sql_literal(FileState::active) +
      " AND expires_at > 0 AND intact ORDER BY expires_at LIMIT 1";  // by file_access_due
  return db.integer(kSql);
}

base::Result<> raise_own_revisions(const Scope& scope, std::uint64_t by) {
  constexpr std::int64_t kOurs = 1;  // ProtectedFileRow: whom a file came from
  EDGE_CHECK(scope.db.run(
      "UPDATE file_access SET rev = rev + ?2 WHERE account_id = ?1 AND rev > 0 AND file_id IN"
      " (SELECT id FROM checked_protected_file WHERE account_id = ?1 AND source_id = ?3 AND "
      "intact)",
      scope.account, by, kOurs));
  return {};
}

}  // namespace store
