#include "store/tables/last_places.h"

#include "store/tables/intact.h"

namespace store {

base::Result<LastPlaceRow> load_last_place(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(const auto row, scope.db.one<LastPlaceRow>(
                               "SELECT last_seq, last_shift, last_session, last_uuid, intact FROM"
                               " checked_contact"
                               " WHERE account_id = ?1 AND id = ?2",
                               [](const Row& columns) -> base::Result<LastPlaceRow> {
                                 EDGE_CHECK(check_intact(columns, 4));
                                 LastPlaceRow last;
                                 last.seq = columns.integer(0);
                                 last.shift = columns.integer(1);
                                 last.link = columns.integer(2);
                                 if (!columns.is_null(3)) {
                                   EDGE_TRY(last.uuid, columns.array<16>(3));
                                 }
                                 return last;
                               },
                               scope.account, contact));
  return row.value_or(LastPlaceRow{});
}

base::Result<> update_last_place(const Scope& scope, base::ContactId contact,
                                 const LastPlaceRow& row) {
  EDGE_CHECK(
      scope.db.run("UPDATE contact SET last_seq = ?3, last_shift = ?4, last_session = ?5,"
                   " last_uuid = ?6 WHERE account_id = ?1 AND id = ?2",
                   scope.account, contact, row.seq, row.shift, row.link, row.uuid));
  return {};
}

}  // namespace store
