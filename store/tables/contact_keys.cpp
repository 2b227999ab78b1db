#include "store/tables/contact_keys.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxFingerprint = 64;
constexpr std::size_t kMaxKey = 64 * 1024;

base::Bytes sealed_part(const Scope& scope, base::ContactId contact, const ContactKey& key) {
  base::WireWriter out;
  out.u8(kForm).bytes(key.fingerprint).bytes(key.key);
  return scope.seal("contact_key", contact.value, out.view());
}

}  // namespace

base::Result<> insert_contact_key(const Scope& scope, base::ContactId contact,
                                  const ContactKey& key) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO contact_key(account_id, contact_id, kind, fingerprint_hash, sealed)"
                   " VALUES(?1, ?2, ?3, ?4, ?5)",
                   scope.account, contact, key.kind, scope.lookup("contact key", key.fingerprint),
                   sealed_part(scope, contact, key)));
  return {};
}

base::Result<> update_contact_key(const Scope& scope, base::ContactId contact,
                                  const ContactKey& key) {
  EDGE_CHECK(
      scope.db.run("UPDATE contact_key SET sealed = ?4 WHERE account_id = ?1"
                   " AND contact_id = ?2 AND kind = ?3 AND fingerprint_hash = ?5",
                   scope.account, contact, key.kind, sealed_part(scope, contact, key),
                   scope.lookup("contact key", key.fingerprint)));
  return {};
}

base::Result<> delete_contact_key(const Scope& scope, base::ContactId contact, ProtocolKind kind) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM contact_key WHERE account_id = ?1 AND contact_id = ?2"
                   " AND kind = ?3",
                   scope.account, contact, kind));
  return {};
}

base::Result<> delete_contact_keys(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(scope.db.run("DELETE FROM contact_key WHERE account_id = ? AND contact_id = ?",
                          scope.account, contact));
  return {};
}

base::Result<std::optional<base::ContactId>> find_key_owner(const Scope& scope, ProtocolKind kind,
                                                            base::ByteView fingerprint) {
  return scope.db.one<base::ContactId>(
      "SELECT contact_id, intact FROM checked_contact_key"
      " WHERE account_id = ?1 AND kind = ?2 AND fingerprint_hash = ?3",
      [](const Row& row) -> base::Result<base::ContactId> {
        EDGE_CHECK(check_intact(row, 1));
        return row.id<base::ContactId>(0);
      },
      scope.account, kind, scope.lookup("contact key", fingerprint));
}

base::Result<bool> is_key_known(const Scope& scope, ProtocolKind kind, base::ByteView fingerprint) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM contact_key WHERE account_id = ?1 AND kind = ?2"
                            " AND fingerprint_hash = ?3",
                            scope.account, kind, scope.lookup("contact key", fingerprint)));
  return found.has_value();
}

base::Result<ContactKey> read_contact_key(const Scope& scope, base::ContactId contact,
                                          ProtocolKind kind, base::ByteView sealed) {
  EDGE_TRY(const auto plain, scope.open("contact_key", contact.value, sealed));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  ContactKey key;
  key.kind = kind;
  key.fingerprint = base::to_bytes(in.bytes(kMaxFingerprint));
  key.key = base::to_bytes(in.bytes(kMaxKey));
  if (!in.done()) return base::fail(base::Errc::corrupt, "a contact's key has another form");
  return key;
}

}  // namespace store
