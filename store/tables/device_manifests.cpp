#include "store/tables/device_manifests.h"

#include "store/tables/contacts.h"
#include "store/tables/intact.h"
#include "store/tables/sessions.h"

namespace store {

base::Result<std::optional<crypto::WipingBytes>> find_manifest(const Scope& scope,
                                                               base::ContactId contact) {
  return scope.db.one<crypto::WipingBytes>(
      "SELECT sealed, intact FROM checked_device_manifest WHERE account_id = ? AND contact_id = ?"
      " AND sealed IS NOT NULL",
      [&](const Row& row) -> base::Result<crypto::WipingBytes> {
        EDGE_CHECK(check_intact(row, 1));
        return scope.open("device_manifest", contact.value, row.blob(0));
      },
      scope.account, contact);
}

base::Result<> put_manifest(const Scope& scope, base::ContactId contact, base::ByteView encoded) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO device_manifest(account_id, contact_id, sealed) VALUES(?1, ?2, ?3)"
                   " ON CONFLICT DO UPDATE SET sealed = ?3",
                   scope.account, contact, scope.seal("device_manifest", contact.value, encoded)));
  return {};
}

base::Result<std::optional<base::Bytes>> sent_manifest_hash(const Scope& scope,
                                                            base::ContactId contact) {
  // A row that is not intact counts as absent: the manifest is sent once more.
  return scope.db.one<base::Bytes>(
      "SELECT sent_hash FROM checked_device_manifest WHERE account_id = ? AND contact_id = ?"
      " AND sent_hash IS NOT NULL AND intact",
      [](const Row& row) -> base::Result<base::Bytes> { return row.bytes(0); }, scope.account,
      contact);
}

base::Result<> note_manifest_sent(const Scope& scope, base::ContactId contact,
                                  base::ByteView hash) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO device_manifest(account_id, contact_id, sent_hash) VALUES(?1, ?2, ?3)"
      " ON CONFLICT DO UPDATE SET sent_hash = ?3",
      scope.account, contact, hash));
  return {};
}

base::Result<std::vector<base::ContactId>> linked_contacts(const Scope& scope,
                                                           base::ContactId after,
                                                           std::size_t limit) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_contact c WHERE account_id = ?1 AND id >= 10 AND id > ?2"
      " AND state = ?4 AND NOT blocked AND c.intact AND route_id IS NOT NULL"
      " AND EXISTS(SELECT 1 FROM checked_session s WHERE s.account_id = ?1"
      "  AND s.contact_id = c.id AND s.state = ?5 AND s.intact)"
      " ORDER BY id LIMIT ?3",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account, after,
      limit, ContactState::known, SessionState::live));
  return contacts;
}

}  // namespace store
