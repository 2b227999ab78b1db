#include "store/tables/sent_avatars.h"

#include "store/tables/contacts.h"
#include "store/tables/sessions.h"

namespace store {

base::Result<std::vector<base::ContactId>> contacts_without_avatar(const Scope& scope,
                                                                   std::int64_t number, bool there,
                                                                   std::size_t limit) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_contact c WHERE account_id = ?1 AND id >= 10 AND state = ?5"
      " AND NOT blocked AND c.intact AND route_id IS NOT NULL AND sent_avatar IS NOT ?2"
      " AND (?3 OR sent_avatar IS NOT NULL)"
      " AND EXISTS(SELECT 1 FROM checked_session s WHERE s.account_id = ?1"
      "  AND s.contact_id = c.id AND s.state = ?6 AND s.intact)"
      " ORDER BY id LIMIT ?4",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account,
      number, there, limit, ContactState::known, SessionState::live));
  return contacts;
}

base::Result<> note_avatar_sent(const Scope& scope, base::ContactId contact,
                                std::optional<std::int64_t> number, base::UnixMillis at) {
  EDGE_CHECK(scope.db.run(
      "UPDATE contact SET sent_avatar = ?3, sent_avatar_at = ?4"
      " WHERE account_id = ?1 AND id = ?2",
      scope.account, contact, number, at == 0 ? std::optional<std::int64_t>() : std::optional(at)));
  return {};
}

base::Result<std::optional<SentAvatar>> find_sent_avatar(const Scope& scope,
                                                         base::ContactId contact) {
  return scope.db.one<SentAvatar>(
      "SELECT sent_avatar, sent_avatar_at FROM checked_contact WHERE account_id = ?1 AND id = ?2"
      " AND sent_avatar IS NOT NULL AND intact",
      [](const Row& row) -> base::Result<SentAvatar> {
        return SentAvatar{row.integer(0), row.maybe_integer(1).value_or(0)};
      },
      scope.account, contact);
}

}  // namespace store
