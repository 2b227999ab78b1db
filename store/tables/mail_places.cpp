#include "store/tables/mail_places.h"

namespace store {

base::Result<> note_mail_place(const Scope& scope, const MailPlaceRow& place, base::UnixMillis at) {
  EDGE_CHECK(
      scope.db.run("INSERT OR IGNORE INTO mail_place(account_id, transport, uid_validity, uid, at)"
                   " VALUES(?1, ?2, ?3, ?4, ?5)",
                   scope.account, place.transport, place.uid_validity, place.uid, at));
  return {};
}

base::Result<std::vector<MailPlaceRow>> mail_places_before(const Scope& scope,
                                                           std::int64_t transport,
                                                           base::UnixMillis before,
                                                           std::size_t limit) {
  std::vector<MailPlaceRow> places;
  EDGE_CHECK(scope.db.each(
      "SELECT uid_validity, uid FROM checked_mail_place WHERE account_id = ?1 AND at < ?3"
      " AND transport = ?2 AND intact ORDER BY at LIMIT ?4",
      [&](const Row& row) {
        places.push_back({transport, static_cast<std::uint32_t>(row.integer(0)),
                          static_cast<std::uint32_t>(row.integer(1))});
      },
      scope.account, transport, before, limit));
  return places;
}

base::Result<> forget_mail_place(const Scope& scope, const MailPlaceRow& place) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM mail_place WHERE account_id = ?1 AND transport = ?2 AND uid_validity = ?3"
      " AND uid = ?4",
      scope.account, place.transport, place.uid_validity, place.uid));
  return {};
}

base::Result<> forget_mail_places_of(const Scope& scope, std::int64_t transport) {
  EDGE_CHECK(scope.db.run("DELETE FROM mail_place WHERE account_id = ?1 AND transport = ?2",
                          scope.account, transport));
  return {};
}

base::Result<> forget_mail_places_before(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run("DELETE FROM mail_place WHERE account_id = ?1 AND at < ?2", scope.account,
                          before));
  return {};
}

}  // namespace store
