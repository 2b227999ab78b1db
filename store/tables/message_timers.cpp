#include "store/tables/message_timers.h"

namespace store {

base::Result<bool> start_message_timer(const Scope& scope, base::MsgId message,
                                       base::UnixMillis now) {
  EDGE_TRY(const auto started,
           scope.db.run("UPDATE message SET expires_at = ?3 + timer * 1000"
                        " WHERE account_id = ?1 AND id = ?2 AND timer > 0 AND expires_at = 0",
                        scope.account, message, now));
  return started > 0;
}

base::Result<bool> start_chat_timers(const Scope& scope, base::ChatId chat, base::UnixMillis now) {
  EDGE_TRY(const auto started,
           scope.db.run("UPDATE message SET expires_at = ?3 + timer * 1000"
                        " WHERE account_id = ?1 AND chat_id = ?2 AND timer > 0 AND expires_at = 0",
                        scope.account, chat, now));
  return started > 0;
}

base::Result<std::vector<base::MsgId>> expired_messages(const Scope& scope, base::UnixMillis now,
                                                        std::size_t most) {
  std::vector<base::MsgId> found;
  EDGE_CHECK(scope.db.each(
      // By message_expires: the plus keeps SQLite from reading all messages of the account.
      "SELECT id FROM checked_message WHERE +account_id = ?1 AND expires_at > 0"
      " AND expires_at <= ?2 AND intact ORDER BY expires_at LIMIT ?3",
      [&](const Row& row) { found.push_back(row.id<base::MsgId>(0)); }, scope.account, now, most));
  return found;
}

base::Result<std::optional<base::UnixMillis>> next_expiring_message(Connection& db) {
  return db.integer(
      "SELECT expires_at FROM checked_message WHERE expires_at > 0 AND intact"
      " ORDER BY expires_at LIMIT 1");
}

}  // namespace store
