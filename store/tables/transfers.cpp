#include "store/tables/transfers.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

#define TRANSFER_COLUMNS \
  "SELECT id, session_id, size, name, created_at, intact FROM checked_transfer"

base::Result<TransferRow> read(const Row& row) {
  EDGE_CHECK(check_intact(row, 5));
  TransferRow transfer;
  base::WireReader id(row.blob(0));
  transfer.id = id.array<16>();
  transfer.session_id = row.integer(1);
  transfer.size = static_cast<std::uint64_t>(row.integer(2));
  transfer.name = std::string(row.text(3));
  transfer.created_at = row.integer(4);
  return transfer;
}

template <class... Args>
base::Result<std::vector<TransferRow>> read_all(const Scope& scope, std::string_view sql,
                                                const Args&... args) {
  std::vector<TransferRow> rows;
  EDGE_CHECK(scope.db.each(
      sql,
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(auto transfer, read(row));
        rows.push_back(std::move(transfer));
        return {};
      },
      scope.account, args...));
  return rows;
}

base::Result<std::int64_t> first_integer(const Row& row) { return row.integer(0); }

}  // namespace

base::Result<> insert_transfer(const Scope& scope, const TransferRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO transfer(account_id, id, session_id, size, name, created_at)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      scope.account, base::ByteView(row.id), row.session_id, static_cast<std::int64_t>(row.size),
      row.name, row.created_at));
  return {};
}

base::Result<std::optional<TransferRow>> find_transfer(const Scope& scope, const TransferId& id) {
  return scope.db.one<TransferRow>(TRANSFER_COLUMNS " WHERE account_id = ?1 AND id = ?2 AND intact",
                                   read, scope.account, base::ByteView(id));
}

base::Result<> delete_transfer(const Scope& scope, const TransferId& id) {
  EDGE_CHECK(scope.db.run("DELETE FROM transfer_part WHERE account_id = ?1 AND transfer = ?2",
                          scope.account, base::ByteView(id)));
  EDGE_CHECK(scope.db.run("DELETE FROM transfer WHERE account_id = ?1 AND id = ?2", scope.account,
                          base::ByteView(id)));
  return {};
}

base::Result<std::vector<TransferRow>> older_transfers(const Scope& scope, const TransferRow& than,
                                                       std::size_t most) {
  return read_all(scope,
                  TRANSFER_COLUMNS
                  " WHERE account_id = ?1 AND session_id = ?2 AND id != ?3 AND intact"
                  " ORDER BY created_at DESC LIMIT -1 OFFSET ?4",
                  than.session_id, base::ByteView(than.id), static_cast<std::int64_t>(most));
}

base::Result<std::vector<TransferRow>> transfers_before(const Scope& scope,
                                                        base::UnixMillis before) {
  return read_all(scope, TRANSFER_COLUMNS " WHERE account_id = ?1 AND created_at < ?2 AND intact",
                  before);
}

base::Result<> note_part(const Scope& scope, const TransferId& id, std::uint32_t part) {
  EDGE_CHECK(scope.db.run(
      "INSERT OR IGNORE INTO transfer_part(account_id, transfer, part) VALUES(?1, ?2, ?3)",
      scope.account, base::ByteView(id), static_cast<std::int64_t>(part)));
  return {};
}

base::Result<std::uint32_t> parts_end(const Scope& scope, const TransferId& id) {
  EDGE_TRY(const auto end,
           scope.db.one<std::int64_t>("SELECT ifnull(max(part) + 1, 0) FROM transfer_part"
                                      " WHERE account_id = ?1 AND transfer = ?2",
                                      first_integer, scope.account, base::ByteView(id)));
  return static_cast<std::uint32_t>(end.value_or(0));
}

base::Result<std::int64_t> count_parts(const Scope& scope, const TransferId& id) {
  EDGE_TRY(const auto count,
           scope.db.one<std::int64_t>(
               "SELECT count(*) FROM transfer_part WHERE account_id = ?1 AND transfer = ?2",
               first_integer, scope.account, base::ByteView(id)));
  return count.value_or(0);
}

}  // namespace store
