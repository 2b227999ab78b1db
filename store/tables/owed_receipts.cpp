#include "store/tables/owed_receipts.h"

#include "base/wire.h"

namespace store {

base::Result<> owe_receipt(const Scope& scope, const OwedReceipt& receipt) {
  EDGE_CHECK(
      scope.db.run("INSERT OR IGNORE INTO owed_receipt(account_id, contact_id, kind, uuid, at)"
                   " VALUES(?1, ?2, ?3, ?4, ?5)",
                   scope.account, receipt.contact, static_cast<std::int64_t>(receipt.kind),
                   base::ByteView(receipt.uuid), receipt.at));
  return {};
}

base::Result<std::vector<OwedReceipt>> owed_receipts(const Scope& scope, base::ContactId contact,
                                                     std::size_t limit) {
  std::vector<OwedReceipt> all;
  EDGE_CHECK(scope.db.each(
      "SELECT kind, uuid, at FROM owed_receipt WHERE account_id = ?1 AND contact_id = ?2 LIMIT ?3",
      [&](const Row& row) {
        base::WireReader uuid(row.blob(1));
        all.push_back(
            {contact, static_cast<ReceiptKind>(row.integer(0)), uuid.array<16>(), row.integer(2)});
      },
      scope.account, contact, static_cast<std::int64_t>(limit)));
  return all;
}

base::Result<> settle_receipt(const Scope& scope, const OwedReceipt& receipt) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM owed_receipt"
                   " WHERE account_id = ?1 AND contact_id = ?2 AND kind = ?3 AND uuid = ?4",
                   scope.account, receipt.contact, static_cast<std::int64_t>(receipt.kind),
                   base::ByteView(receipt.uuid)));
  return {};
}

base::Result<std::vector<base::ContactId>> contacts_owed_receipts(const Scope& scope) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT DISTINCT contact_id FROM owed_receipt WHERE account_id = ?1",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account));
  return contacts;
}

}  // namespace store
