#include "store/tables/pending_receipts.h"

#include <algorithm>

#include "base/wire.h"

namespace store {

base::Result<> add_pending_receipt(const Scope& scope, const PendingReceipt& receipt) {
  EDGE_CHECK(scope.db.run(
      "INSERT OR IGNORE INTO pending_receipt(account_id, contact_id, kind, uuid, at)"
      " VALUES(?1, ?2, ?3, ?4, ?5)",
      scope.account, receipt.contact, receipt.kind, base::ByteView(receipt.uuid), receipt.at));
  return {};
}

base::Result<std::vector<PendingReceipt>> pending_receipts(const Scope& scope,
                                                           base::ContactId contact,
                                                           std::size_t limit) {
  std::vector<PendingReceipt> all;
  EDGE_CHECK(scope.db.each(
      "SELECT kind, uuid, at FROM checked_pending_receipt"
      " WHERE account_id = ?1 AND contact_id = ?2 AND sent_at = 0 AND intact LIMIT ?3",
      [&](const Row& row) {
        base::WireReader uuid(row.blob(1));
        all.push_back({contact, row.enumerator<ReceiptKind>(0), uuid.array<16>(), row.integer(2)});
      },
      scope.account, contact, static_cast<std::int64_t>(limit)));
  return all;
}

base::Result<> settle_receipt(const Scope& scope, const PendingReceipt& receipt,
                              base::UnixMillis now) {
  if (receipt.kind == ReceiptKind::arrived) {
    EDGE_CHECK(
        scope.db.run("DELETE FROM pending_receipt"
                     " WHERE account_id = ?1 AND contact_id = ?2 AND kind = ?3 AND uuid = ?4",
                     scope.account, receipt.contact, receipt.kind, base::ByteView(receipt.uuid)));
    return {};
  }
  EDGE_CHECK(
      scope.db.run("UPDATE pending_receipt SET sent_at = ?5"
                   " WHERE account_id = ?1 AND contact_id = ?2 AND kind = ?3 AND uuid = ?4",
                   scope.account, receipt.contact, receipt.kind, base::ByteView(receipt.uuid),
                   std::max<base::UnixMillis>(now, 1)));
  return {};
}

base::Result<bool> requeue_sent_receipts(const Scope& scope, base::ContactId contact,
                                         std::size_t most) {
  EDGE_TRY(
      const auto again,
      scope.db.run("UPDATE pending_receipt SET sent_at = 0"
                   " WHERE account_id = ?1 AND contact_id = ?2 AND kind = ?3 AND uuid IN"
                   " (SELECT uuid FROM pending_receipt WHERE account_id = ?1"
                   "  AND contact_id = ?2 AND kind = ?3 AND sent_at > 0"
                   "  ORDER BY sent_at DESC LIMIT ?4)",
                   scope.account, contact, ReceiptKind::read, static_cast<std::int64_t>(most)));
  return again > 0;
}

base::Result<> forget_sent_receipts(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM pending_receipt WHERE account_id = ?1 AND sent_at > 0 AND sent_at < ?2",
      scope.account, before));
  return {};
}

base::Result<std::vector<base::ContactId>> contacts_with_pending_receipts(const Scope& scope) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT DISTINCT contact_id FROM checked_pending_receipt WHERE account_id = ?1 AND sent_at = "
      "0"
      " AND intact",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account));
  return contacts;
}

}  // namespace store
