#include "store/tables/protected_files.h"

#include "base/log.h"
#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxField = 4096;

#define PROTECTED_FILE_COLUMNS                                                    \
  "SELECT id, uuid, source_id, chat_id, grant_msg_id, created_at, sealed, intact" \
  " FROM checked_protected_file "

base::Bytes write_sealed(const ProtectedFileRow& row) {
  base::WireWriter out;
  out.u8(kForm).fixed(row.owner).text(row.owner_name).text(row.owner_addr).text(row.name);
  return out.take();
}

base::Result<ProtectedFileRow> read_row(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 7));
  ProtectedFileRow row;
  row.id = columns.id<base::FileId>(0);
  EDGE_TRY(row.uuid, columns.array<16>(1));
  row.source = columns.id<base::ContactId>(2);
  row.chat = columns.id<base::ChatId>(3);
  row.grant_msg = columns.id<base::MsgId>(4);
  row.created_at = columns.integer(5);
  EDGE_TRY(const auto plain, scope.open("protected_file", row.id.value, columns.blob(6)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.owner = in.array<32>();
  row.owner_name = in.text(kMaxField);
  row.owner_addr = in.text(kMaxField);
  row.name = in.text(kMaxField);
  if (!in.done()) {
    return base::fail(base::Errc::corrupt, "a protected file's record has another form");
  }
  return row;
}

auto reader(const Scope& scope) {
  return [&scope](const Row& row) { return read_row(scope, row); };
}

}  // namespace

base::Result<> insert_protected_file(const Scope& scope, const ProtectedFileRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO protected_file(account_id, id, uuid, source_id, chat_id, grant_msg_id,"
      " created_at, sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.id, row.uuid, row.source, row.chat, row.grant_msg, row.created_at,
      scope.seal("protected_file", row.id.value, write_sealed(row))));
  return {};
}

base::Result<> update_protected_file(const Scope& scope, const ProtectedFileRow& row) {
  EDGE_CHECK(scope.db.run(
      "UPDATE protected_file SET chat_id = ?, grant_msg_id = ?, sealed = ?"
      " WHERE account_id = ? AND id = ?",
      row.chat, row.grant_msg, scope.seal("protected_file", row.id.value, write_sealed(row)),
      scope.account, row.id));
  return {};
}

base::Result<std::optional<ProtectedFileRow>> find_protected_file(const Scope& scope,
                                                                  base::FileId file) {
  return scope.db.one<ProtectedFileRow>(PROTECTED_FILE_COLUMNS "WHERE account_id = ? AND id = ?",
                                        reader(scope), scope.account, file);
}

base::Result<std::optional<ProtectedFileRow>> find_protected_file(const Scope& scope,
                                                                  const crypto::PrvId& uuid,
                                                                  base::ContactId source) {
  return scope.db.one<ProtectedFileRow>(PROTECTED_FILE_COLUMNS
                                        "WHERE account_id = ? AND uuid = ? AND source_id = ?",
                                        reader(scope), scope.account, uuid, source);
}

base::Result<std::vector<ProtectedFileRow>> find_protected_files(const Scope& scope,
                                                                 const crypto::PrvId& uuid) {
  std::vector<ProtectedFileRow> rows;
  EDGE_CHECK(scope.db.each(
      PROTECTED_FILE_COLUMNS "WHERE account_id = ? AND uuid = ? ORDER BY source_id <> 1, id",
      [&](const Row& columns) {
        auto row = read_row(scope, columns);
        if (row) return rows.push_back(*std::move(row));
        base::log::error("protected file {} of account {} does not open", columns.integer(0),
                         scope.account.value);
      },
      scope.account, uuid));
  return rows;
}

base::Result<> put_file_share(const Scope& scope, base::FileId file,
                              const crypto::PrvShare& share) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO file_share(account_id, file_id, sealed) VALUES(?, ?, ?)"
                   " ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
                   scope.account, file, scope.seal("file_share", file.value, share.view())));
  return {};
}

base::Result<std::optional<crypto::PrvShare>> find_file_share(const Scope& scope,
                                                              base::FileId file) {
  return scope.db.one<crypto::PrvShare>(
      "SELECT sealed FROM file_share WHERE account_id = ? AND file_id = ?",
      [&](const Row& row) -> base::Result<crypto::PrvShare> {
        EDGE_TRY(const auto plain, scope.open("file_share", file.value, row.blob(0)));
        if (plain.size() != crypto::PrvShare::size()) {
          return base::fail(base::Errc::corrupt, "a file's share has another size");
        }
        return crypto::PrvShare(base::ByteView(plain).first<32>());
      },
      scope.account, file);
}

base::Result<bool> destroy_file_share(const Scope& scope, base::FileId file) {
  EDGE_CHECK(
      scope.db.run("UPDATE file_share SET sealed = zeroblob(length(sealed))"
                   " WHERE account_id = ? AND file_id = ?",
                   scope.account, file));
  EDGE_TRY(const auto gone,
           scope.db.run("DELETE FROM file_share WHERE account_id = ? AND file_id = ?",
                        scope.account, file));
  return gone > 0;
}

}  // namespace store
