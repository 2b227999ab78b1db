// The lists of store/tables/messages.h: what is found without opening a message, and search.

#include "base/log.h"
#include "base/unicode.h"
#include "store/counter.h"
#include "store/sql_literal.h"
#include "store/tables/chat_enums.h"
#include "store/tables/message_record.h"
#include "store/tables/messages.h"

namespace store {
namespace {

#define MARK_COLUMNS                                                               \
  "SELECT m.id, m.chat_id, m.from_id, m.uuid, m.state, m.flags, m.sort_at, m.type" \
  " FROM checked_message m "

base::Result<MessageMark> read_mark(const Row& columns) {
  MessageMark mark;
  mark.id = columns.id<base::MsgId>(0);
  mark.chat = columns.id<base::ChatId>(1);
  mark.from = columns.id<base::ContactId>(2);
  EDGE_TRY(mark.uuid, columns.array<16>(3));
  mark.state = columns.enumerator<MsgState>(4);
  mark.is_info = detail::is_info_flag(columns.integer(5));
  mark.is_pinned = detail::is_pinned_flag(columns.integer(5));
  mark.sort_at = columns.integer(6);
  mark.type = columns.enumerator<Viewtype>(7);
  return mark;
}

template <class... A>
base::Result<std::vector<MessageMark>> marks(const Scope& scope, std::string_view sql,
                                             const A&... args) {
  std::vector<MessageMark> found;
  EDGE_CHECK(scope.db.each(
      sql,
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(const MessageMark mark, read_mark(row));
        found.push_back(mark);
        return {};
      },
      args...));
  return found;
}

}  // namespace

base::Result<std::optional<MessageMark>> find_message_mark(const Scope& scope,
                                                           base::MsgId message) {
  return scope.db.one<MessageMark>(MARK_COLUMNS "WHERE m.account_id = ? AND m.id = ? AND m.intact",
                                   read_mark, scope.account, message);
}

base::Result<std::optional<base::MsgId>> find_saved_copy(const Scope& scope, base::MsgId message) {
  return scope.db.one<base::MsgId>(
      "SELECT id FROM checked_message WHERE account_id = ?1 AND original_id = ?2"
      " AND original_id > 0 AND intact ORDER BY id LIMIT 1",
      [](const Row& row) { return row.id<base::MsgId>(0); }, scope.account, message);
}

base::Result<bool> has_saved_copies(const Scope& scope) {
  EDGE_TRY(
      const auto found,
      scope.db.integer("SELECT 1 FROM message WHERE account_id = ? AND original_id > 0 LIMIT 1",
                       scope.account));
  return found.has_value();
}

base::Result<bool> was_message(const Scope& scope, base::MsgId message) {
  EDGE_TRY(const std::int64_t last, read_counter(scope.db, scope.account, "message"));
  return static_cast<std::int64_t>(message.value) <= last;
}

base::Result<std::vector<MessageMark>> messages_of_chat(const Scope& scope, base::ChatId chat,
                                                        std::int64_t most) {
  return marks(scope,
               MARK_COLUMNS
               "WHERE m.account_id = ? AND m.chat_id = ? AND m.state <> ? AND m.intact"
               " ORDER BY m.position, m.seq, m.id LIMIT ?",
               scope.account, chat, MsgState::out_draft, most);
}

base::Result<std::vector<MessageMark>> last_messages_of_chat(const Scope& scope, base::ChatId chat,
                                                             std::int64_t most) {
  return marks(scope,
               MARK_COLUMNS
               "WHERE m.account_id = ? AND m.chat_id = ? AND m.state <> ? AND m.intact"
               " ORDER BY m.position DESC, m.seq DESC, m.id DESC LIMIT ?",
               scope.account, chat, MsgState::out_draft, most);
}

base::Result<std::vector<base::MsgId>> messages_of_types(const Scope& scope,
                                                         std::optional<base::ChatId> chat,
                                                         const std::array<Viewtype, 3>& types) {
  std::vector<base::MsgId> found;
  const auto note = [&](const Row& row) { found.push_back(row.id<base::MsgId>(0)); };
  if (chat) {
    EDGE_CHECK(scope.db.each(
        "SELECT m.id FROM checked_message m WHERE m.intact AND m.account_id = ?1"
        " AND m.chat_id = ?2 AND m.state <> ?3 AND m.type IN (?4, ?5, ?6)"
        " ORDER BY m.position, m.seq, m.id",
        note, scope.account, *chat, MsgState::out_draft, types[0], types[1], types[2]));
  } else {
    EDGE_CHECK(scope.db.each(
        "SELECT m.id FROM checked_message m JOIN checked_chat c ON c.account_id = m.account_id"
        " AND c.id = m.chat_id AND c.intact WHERE m.intact AND m.account_id = ?1"
        " AND c.blocked <> ?2 AND m.state <> ?3 AND m.type IN (?4, ?5, ?6)"
        " ORDER BY m.sort_at, m.id",
        note, scope.account, ChatBlocked::yes, MsgState::out_draft, types[0], types[1], types[2]));
  }
  return found;
}

base::Result<std::vector<base::MsgId>> pinned_messages(const Scope& scope, base::ChatId chat) {
  std::vector<base::MsgId> found;
  EDGE_CHECK(scope.db.each(
      "SELECT m.id FROM checked_message m WHERE m.intact AND m.account_id = ?1"
      " AND m.chat_id = ?2 AND m.flags & 64 ORDER BY m.position, m.seq, m.id",
      [&](const Row& row) { found.push_back(row.id<base::MsgId>(0)); }, scope.account, chat));
  return found;
}

base::Result<std::vector<MessageMark>> messages_after(const Scope& scope, base::MsgId after) {
  return marks(
      scope,
      MARK_COLUMNS
      "JOIN checked_chat c ON c.account_id = m.account_id AND c.id = m.chat_id AND c.intact"
      " WHERE m.intact AND m.account_id = ? AND m.id > ? AND m.state <> ? AND c.blocked <> ?"
      " ORDER BY m.id",
      scope.account, after, MsgState::out_draft, ChatBlocked::yes);
}

base::Result<std::vector<base::MsgId>> search_messages(const Scope& scope, std::string_view wanted,
                                                       std::optional<base::ChatId> chat,
                                                       std::size_t limit) {
  std::vector<base::MsgId> found;
  if (wanted.empty()) return found;
  auto look = [&](const Row& row) {
    if (!chat && found.size() >= limit) return;
    const auto have = detail::read_message_text(scope, row.integer(0), row.blob(1));
    if (!have) {
      base::log::error("message {} of account {} does not open", row.integer(0),
                       scope.account.value);
    } else if (base::folded(*have).find(wanted) != std::string::npos) {
      found.push_back(row.id<base::MsgId>(0));
    }
  };
  if (chat) {
    EDGE_CHECK(
        scope.db.each("SELECT id, sealed FROM checked_message WHERE account_id = ? AND chat_id = ?"
                      " AND state <> ? AND intact ORDER BY position, seq, id",
                      look, scope.account, *chat, MsgState::out_draft));
  } else {
    EDGE_CHECK(scope.db.each(
        "SELECT m.id, m.sealed FROM checked_message m"
        " JOIN checked_chat c ON c.account_id = m.account_id AND c.id = m.chat_id AND c.intact"
        " WHERE m.intact AND m.account_id = ? AND m.state <> ? AND c.blocked <> ?"
        " ORDER BY m.id DESC",
        look, scope.account, MsgState::out_draft, ChatBlocked::yes));
  }
  return found;
}

base::Result<std::uint32_t> fresh_count(const Scope& scope, base::ChatId chat) {
  static const std::string kSql =
      "SELECT count(*) FROM message INDEXED BY message_fresh WHERE account_id = ? AND chat_id = ?"
      " AND state = " +
      sql_literal(MsgState::in_fresh);
  EDGE_TRY(const auto count, scope.db.integer(kSql, scope.account, chat));
  return static_cast<std::uint32_t>(count.value_or(0));
}

base::Result<std::optional<base::MsgId>> first_fresh(const Scope& scope, base::ChatId chat) {
  static const std::string kSql =
      "SELECT m.id FROM message m INDEXED BY message_fresh WHERE m.account_id = ? AND m.chat_id = ?"
      " AND m.state = " +
      sql_literal(MsgState::in_fresh) +
      " AND (SELECT intact FROM checked_message k WHERE k.account_id = m.account_id"
      "  AND k.id = m.id)"
      " ORDER BY m.position, m.seq, m.id LIMIT 1";
  return scope.db.one<base::MsgId>(
      kSql, [](const Row& row) { return row.id<base::MsgId>(0); }, scope.account, chat);
}

base::Result<std::vector<base::MsgId>> fresh_messages(const Scope& scope, base::UnixMillis now) {
  static const std::string kSql =
      "SELECT m.id FROM message m INDEXED BY message_fresh"
      " JOIN checked_chat c ON c.account_id = m.account_id AND c.id = m.chat_id AND c.intact"
      " WHERE m.account_id = ?1 AND m.state = " +
      sql_literal(MsgState::in_fresh) +
      " AND c.blocked = ?3"
      " AND (SELECT intact FROM checked_message k WHERE k.account_id = m.account_id AND k.id = "
      "m.id)"
      " AND (c.muted_until = 0 OR (c.muted_until > 0 AND c.muted_until <= ?2)) ORDER BY m.id DESC";
  std::vector<base::MsgId> found;
  EDGE_CHECK(scope.db.each(
      kSql, [&](const Row& row) { found.push_back(row.id<base::MsgId>(0)); }, scope.account, now,
      ChatBlocked::no));
  return found;
}

base::Result<std::optional<base::MsgId>> last_message(const Scope& scope, base::ChatId chat) {
  return scope.db.one<base::MsgId>(
      "SELECT id FROM checked_message WHERE account_id = ? AND chat_id = ? AND intact"
      " ORDER BY position DESC, seq DESC, id DESC LIMIT 1",
      [](const Row& row) { return row.id<base::MsgId>(0); }, scope.account, chat);
}

base::Result<std::vector<base::MsgId>> messages_before(const Scope& scope, base::UnixMillis time,
                                                       base::ChatId but, std::size_t most) {
  std::vector<base::MsgId> found;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_message WHERE account_id = ? AND state <> ? AND sort_at < ?"
      " AND chat_id <> ? AND intact LIMIT ?",
      [&](const Row& row) { found.push_back(row.id<base::MsgId>(0)); }, scope.account,
      MsgState::out_draft, time, but, most));
  return found;
}

base::Result<std::int64_t> count_messages_before(const Scope& scope, base::UnixMillis time,
                                                 base::ChatId but) {
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM message WHERE account_id = ? AND state <> ?"
                            " AND sort_at < ? AND chat_id <> ?",
                            scope.account, MsgState::out_draft, time, but));
  return count.value_or(0);
}

base::Result<std::int64_t> count_messages(const Scope& scope) {
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM message WHERE account_id = ? AND state <> ?",
                            scope.account, MsgState::out_draft));
  return count.value_or(0);
}

}  // namespace store
