#include "store/tables/pending_states.h"

namespace store {

base::Result<> add_pending_state_for_all(const Scope& scope, base::ChatId chat) {
  EDGE_CHECK(
      scope.db.run("INSERT OR IGNORE INTO pending_state(account_id, chat_id, contact_id)"
                   " SELECT account_id, chat_id, contact_id FROM checked_chat_member"
                   " WHERE account_id = ?1 AND chat_id = ?2 AND present = 1 AND intact",
                   scope.account, chat));
  return {};
}

base::Result<> add_pending_state(const Scope& scope, base::ChatId chat, base::ContactId contact) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO pending_state(account_id, chat_id, contact_id, image)"
                   " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET"
                   " image = max(image, excluded.image)",
                   scope.account, chat, contact, PendingUpdate::with_image));
  return {};
}

base::Result<> add_first_state(const Scope& scope, base::ChatId chat, base::ContactId contact) {
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO pending_state(account_id, chat_id, contact_id, image)"
                   " VALUES(?1, ?2, ?3, ?4)",
                   scope.account, chat, contact, PendingUpdate::first));
  return {};
}

base::Result<bool> awaits_first_state(const Scope& scope, base::ChatId chat,
                                      base::ContactId contact) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM checked_pending_state WHERE account_id = ?1 AND"
                            " chat_id = ?2 AND contact_id = ?3 AND image = ?4 AND intact",
                            scope.account, chat, contact, PendingUpdate::first));
  return found.has_value();
}

base::Result<> settle_state(const Scope& scope, base::ChatId chat, base::ContactId contact) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM pending_state WHERE account_id = ?1 AND chat_id = ?2 AND contact_id = ?3",
      scope.account, chat, contact));
  return {};
}

base::Result<std::vector<PendingState>> pending_states(const Scope& scope, base::ChatId chat,
                                                       base::ContactId after, std::size_t most) {
  std::vector<PendingState> states;
  EDGE_CHECK(scope.db.each(
      "SELECT contact_id, image FROM checked_pending_state WHERE account_id = ?1 AND chat_id = ?2"
      " AND contact_id > ?3 AND intact ORDER BY contact_id LIMIT ?4",
      [&](const Row& row) {
        states.push_back({row.id<base::ContactId>(0), row.enumerator<PendingUpdate>(1)});
      },
      scope.account, chat, after, static_cast<std::int64_t>(most)));
  return states;
}

base::Result<std::vector<base::ChatId>> chats_with_pending_states(const Scope& scope) {
  std::vector<base::ChatId> chats;
  EDGE_CHECK(scope.db.each(
      "SELECT DISTINCT chat_id FROM checked_pending_state WHERE account_id = ?1 AND intact",
      [&](const Row& row) { chats.push_back(row.id<base::ChatId>(0)); }, scope.account));
  return chats;
}

}  // namespace store
