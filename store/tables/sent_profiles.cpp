#include "store/tables/sent_profiles.h"

#include "store/tables/contacts.h"
#include "store/tables/sessions.h"

namespace store {

base::Result<std::vector<base::ContactId>> contacts_without_profile(const Scope& scope,
                                                                    base::ByteView profile,
                                                                    std::size_t limit) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_contact c WHERE account_id = ?1 AND id >= 10 AND state = ?4"
      " AND NOT blocked AND c.intact AND route_id IS NOT NULL AND sent_profile IS NOT ?2"
      " AND EXISTS(SELECT 1 FROM checked_session s WHERE s.account_id = ?1"
      "  AND s.contact_id = c.id AND s.state = ?5 AND s.intact)"
      " ORDER BY id LIMIT ?3",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account,
      profile, limit, ContactState::known, SessionState::live));
  return contacts;
}

base::Result<> note_profile_mark(const Scope& scope, base::ContactId contact,
                                 std::optional<base::ByteView> profile) {
  EDGE_CHECK(scope.db.run("UPDATE contact SET sent_profile = ?3 WHERE account_id = ?1 AND id = ?2",
                          scope.account, contact, profile));
  return {};
}

}  // namespace store
