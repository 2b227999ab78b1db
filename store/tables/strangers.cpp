#include "store/tables/strangers.h"

#include "store/tables/chat_enums.h"
#include "store/tables/contacts.h"

namespace store {

base::Result<std::int64_t> count_requests(const Scope& scope) {
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM chat WHERE account_id = ?1 AND blocked = ?2",
                            scope.account, ChatBlocked::request));
  return count.value_or(0);
}

base::Result<std::int64_t> count_messages_of(const Scope& scope, base::ContactId from,
                                             std::int64_t most) {
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM (SELECT 1 FROM message WHERE account_id = ?1"
                            " AND from_id = ?2 LIMIT ?3)",
                            scope.account, from, most));
  return count.value_or(0);
}

base::Result<std::uint64_t> bytes_of_strangers(const Scope& scope) {
  EDGE_TRY(const auto stored,
           scope.db.integer("SELECT sum(b.size) FROM chat c"
                            " JOIN message m ON m.account_id = ?1 AND m.chat_id = c.id"
                            " JOIN blob b ON b.account_id = ?1 AND b.id = m.blob_id"
                            " WHERE c.account_id = ?1 AND c.blocked = ?2",
                            scope.account, ChatBlocked::request));
  EDGE_TRY(const auto coming,
           scope.db.integer("SELECT sum(t.size) FROM transfer t"
                            " JOIN session s ON s.account_id = ?1 AND s.id = t.session_id"
                            " JOIN contact c ON c.account_id = ?1 AND c.id = s.contact_id"
                            " WHERE t.account_id = ?1 AND c.state = ?2",
                            scope.account, ContactState::hidden));
  return static_cast<std::uint64_t>(stored.value_or(0) + coming.value_or(0));
}

}  // namespace store
