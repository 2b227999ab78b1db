#include "store/tables/pending_sessions.h"

#include "store/tables/contacts.h"
#include "store/tables/sessions.h"

namespace store {
namespace {

constexpr std::int64_t kFirstPeer = 10;

}  // namespace

base::Result<> add_pending_sessions(const Scope& scope, base::UnixMillis due) {
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO pending_session(account_id, contact_id, due)"
                   " SELECT account_id, id, ?2 FROM checked_contact WHERE account_id = ?1"
                   " AND id >= ?3 AND state <> ?4 AND NOT blocked AND route_id IS NOT NULL"
                   " AND intact",
                   scope.account, due, kFirstPeer, ContactState::hidden));
  return {};
}

base::Result<std::vector<base::ContactId>> sessions_due(const Scope& scope, base::UnixMillis now,
                                                        std::size_t limit) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT contact_id FROM checked_pending_session WHERE account_id = ? AND due <= ? AND intact"
      " ORDER BY due, contact_id LIMIT ?",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account, now,
      static_cast<std::int64_t>(limit)));
  return contacts;
}

base::Result<> set_session_due(const Scope& scope, base::ContactId contact, base::UnixMillis due) {
  EDGE_CHECK(
      scope.db.run("UPDATE pending_session SET due = ? WHERE account_id = ? AND contact_id = ?",
                   due, scope.account, contact));
  return {};
}

base::Result<> settle_pending_sessions(const Scope& scope) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM pending_session WHERE account_id = ?1 AND contact_id IN (SELECT"
                   " contact_id FROM checked_session WHERE account_id = ?1 AND contact_id ="
                   " pending_session.contact_id AND state = ?2 AND intact)",
                   scope.account, SessionState::live));
  return {};
}

base::Result<> delete_pending_session(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(scope.db.run("DELETE FROM pending_session WHERE account_id = ? AND contact_id = ?",
                          scope.account, contact));
  return {};
}

}  // namespace store
