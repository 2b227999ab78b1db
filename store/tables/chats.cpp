#include "store/tables/chats.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "store/tables/intact.h"
#include "store/tables/locations.h"

namespace store {
namespace {

#define CHAT_COLUMNS                                                                       \
  "SELECT id, type, contact_id, blocked, visibility, muted_until, encrypted, created_at, " \
  "last_at, draft_id, intact, timer, timer_number FROM checked_chat "

base::Result<ChatRow> read_row(const Row& columns) {
  EDGE_CHECK(check_intact(columns, 10, "chat", columns.integer(0)));
  ChatRow row;
  row.id = columns.id<base::ChatId>(0);
  row.type = columns.enumerator<ChatType>(1);
  row.contact = columns.maybe_id<base::ContactId>(2);
  row.blocked = columns.enumerator<ChatBlocked>(3);
  row.visibility = columns.enumerator<Visibility>(4);
  row.muted_until = columns.integer(5);
  row.encrypted = columns.boolean(6);
  row.created_at = columns.integer(7);
  row.last_at = columns.integer(8);
  row.draft = columns.maybe_id<base::MsgId>(9);
  row.timer = static_cast<std::uint32_t>(columns.integer(11));
  row.timer_number = columns.integer(12);
  return row;
}

base::Error no_such_chat(base::ChatId chat) {
  return base::fail(
      base::Errc::not_found,
      fmt::format("Failed loading chat Chat#{} from database: there is no such chat", chat.value));
}

}  // namespace

base::Result<> insert_chat(const Scope& scope, const ChatRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO chat(account_id, id, type, contact_id, blocked, visibility, muted_until,"
      " encrypted, created_at, last_at, draft_id, timer, timer_number)"
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.id, row.type, row.contact, row.blocked, row.visibility, row.muted_until,
      row.encrypted, row.created_at, row.last_at, row.draft, row.timer, row.timer_number));
  return {};
}

base::Result<> update_chat(const Scope& scope, const ChatRow& row) {
  EDGE_TRY(const auto changed,
           scope.db.run("UPDATE chat SET type = ?, contact_id = ?, blocked = ?, visibility = ?,"
                        " muted_until = ?, encrypted = ?, created_at = ?, draft_id = ?, timer = ?,"
                        " timer_number = ?"
                        " WHERE account_id = ? AND id = ?",
                        row.type, row.contact, row.blocked, row.visibility, row.muted_until,
                        row.encrypted, row.created_at, row.draft, row.timer, row.timer_number,
                        scope.account, row.id));
  if (changed == 0) return no_such_chat(row.id);
  return {};
}

base::Result<> delete_chat(const Scope& scope, base::ChatId chat) {
  EDGE_CHECK(scope.db.run("DELETE FROM chat WHERE account_id = ? AND id = ?", scope.account, chat));
  return delete_locations_of_chat(scope, chat);
}

base::Result<std::optional<ChatRow>> find_chat(const Scope& scope, base::ChatId chat) {
  return scope.db.one<ChatRow>(CHAT_COLUMNS "WHERE account_id = ? AND id = ?", read_row,
                               scope.account, chat);
}

base::Result<ChatRow> load_chat(const Scope& scope, base::ChatId chat) {
  EDGE_TRY(auto row, find_chat(scope, chat));
  if (row) return *row;
  return no_such_chat(chat);
}

base::Result<std::optional<ChatRow>> find_chat_by_contact(const Scope& scope,
                                                          base::ContactId contact) {
  return scope.db.one<ChatRow>(CHAT_COLUMNS
                               "WHERE account_id = ? AND contact_id = ? AND contact_id IS NOT NULL",
                               read_row, scope.account, contact);
}

base::Result<std::vector<ChatRow>> list_chats(const Scope& scope) {
  std::vector<ChatRow> chats;
  EDGE_CHECK(scope.db.each(
      CHAT_COLUMNS "WHERE account_id = ?",
      [&](const Row& row) {
        auto chat = read_row(row);
        if (chat) return chats.push_back(*std::move(chat));
        base::log::error("chat {} of account {} does not open", row.integer(0),
                         scope.account.value);
      },
      scope.account));
  const auto rank = [](const ChatRow& row) {
    return std::tuple(row.visibility == Visibility::pinned, row.last_at, row.id);
  };
  std::sort(chats.begin(), chats.end(),
            [&](const ChatRow& a, const ChatRow& b) { return rank(a) > rank(b); });
  return chats;
}

base::Result<std::int64_t> next_send_seq(const Scope& scope, base::ChatId chat,
                                         base::UnixMillis at) {
  EDGE_TRY(const auto seq,
           scope.db.integer("UPDATE chat SET send_seq = send_seq + 1, last_at = max(last_at, ?3)"
                            " WHERE account_id = ?1 AND id = ?2 RETURNING send_seq",
                            scope.account, chat, at));
  if (!seq) return no_such_chat(chat);
  return *seq;
}

base::Result<> raise_send_seq(const Scope& scope, base::ChatId chat, std::int64_t seq) {
  EDGE_CHECK(
      scope.db.run("UPDATE chat SET send_seq = max(send_seq, ?) WHERE account_id = ? AND id = ?",
                   seq, scope.account, chat));
  return {};
}

base::Result<> set_draft(const Scope& scope, base::ChatId chat, std::optional<base::MsgId> draft) {
  EDGE_CHECK(scope.db.run("UPDATE chat SET draft_id = ? WHERE account_id = ? AND id = ?", draft,
                          scope.account, chat));
  return {};
}

base::Result<> set_chat_visibility(const Scope& scope, base::ChatId chat, Visibility visibility) {
  EDGE_CHECK(scope.db.run("UPDATE chat SET visibility = ? WHERE account_id = ? AND id = ?",
                          visibility, scope.account, chat));
  return {};
}

base::Result<> raise_chat(const Scope& scope, base::ChatId chat, base::UnixMillis at) {
  EDGE_CHECK(scope.db.run(
      "UPDATE chat SET last_at = ?3 WHERE account_id = ?1 AND id = ?2 AND last_at < ?3",
      scope.account, chat, at));
  return {};
}

}  // namespace store
