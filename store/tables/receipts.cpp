#include "store/tables/receipts.h"

namespace store {

base::Result<bool> insert_receipt(const Scope& scope, base::MsgId message, base::ContactId contact,
                                  base::UnixMillis read_at) {
  EDGE_TRY(const auto added,
           scope.db.run("INSERT OR IGNORE INTO receipt(account_id, msg_id, contact_id, read_at)"
                        " VALUES(?, ?, ?, ?)",
                        scope.account, message, contact, read_at));
  return added > 0;
}

base::Result<std::vector<ReceiptRow>> list_receipts(const Scope& scope, base::MsgId message) {
  std::vector<ReceiptRow> receipts;
  EDGE_CHECK(scope.db.each(
      "SELECT contact_id, read_at FROM checked_receipt WHERE account_id = ? AND msg_id = ?"
      " AND intact ORDER BY read_at, contact_id",
      [&](const Row& row) {
        receipts.push_back({row.id<base::ContactId>(0), row.integer(1)});
      },
      scope.account, message));
  return receipts;
}

}  // namespace store
