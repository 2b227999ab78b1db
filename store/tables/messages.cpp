#include "store/tables/messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/sql_literal.h"
#include "store/tables/blobs.h"
#include "store/tables/calls.h"
#include "store/tables/chats.h"
#include "store/tables/locations.h"
#include "store/tables/mail_left.h"
#include "store/tables/message_changes.h"
#include "store/tables/message_record.h"
#include "store/tables/webxdc.h"

namespace store {
namespace {

// How a message's state may change.
struct Step {
  MsgState to;
  std::array<std::optional<MsgState>, 3> from;  // NULL equals nothing
};
constexpr Step kSteps[] = {
    {MsgState::in_noticed, {MsgState::in_fresh}},
    {MsgState::in_seen, {MsgState::in_fresh, MsgState::in_noticed}},
    {MsgState::out_delivered, {MsgState::out_pending, MsgState::out_failed}},
    {MsgState::out_failed, {MsgState::out_pending, MsgState::out_delivered}},
    {MsgState::out_read, {MsgState::out_pending, MsgState::out_failed, MsgState::out_delivered}},
};

// Numbers grow with arrival, so a message's own id is its position, unless the same sender has sent
// messages with a higher sequence that arrived first: then it takes their position. This rule keeps
// a sender's messages in order, so the search from the newest ends at the first that is not later.
base::Result<std::int64_t> place_in_chat(const Scope& scope, const MessageRow& row) {
  std::int64_t place = row.id.value;
  if (row.seq == 0) return place;
  bool searching = true;
  while (searching) {
    searching = false;
    EDGE_TRY(
        const auto later,
        scope.db.one<std::int64_t>(
            "SELECT position, seq FROM message m INDEXED BY message_in_chat"
            " WHERE account_id = ? AND chat_id = ? AND position < ? AND from_id = ? AND seq > 0"
            " AND (SELECT intact FROM checked_message c WHERE c.account_id = m.account_id"
            "  AND c.id = m.id)"
            " ORDER BY position DESC, seq DESC, id DESC LIMIT 1",
            [&](const Row& columns) {
              return columns.integer(1) > row.seq ? columns.integer(0) : std::int64_t{0};
            },
            scope.account, row.chat, place, row.from));
    if (later && *later > 0) {
      place = *later;
      searching = true;
    }
  }
  return place;
}

base::Error no_such_message(const Scope& scope, base::MsgId message) {
  return base::fail(base::Errc::not_found,
                    fmt::format("Message Msg#{} does not exist for account {}", message.value,
                                scope.account.value));
}

}  // namespace

base::Result<> insert_message(const Scope& scope, MessageRow& row) {
  EDGE_TRY(row.position, place_in_chat(scope, row));
  EDGE_CHECK(scope.db.run(
      "INSERT INTO message(account_id, id, chat_id, from_id, uuid, state, type, system, flags,"
      " position, seq, sent_at, sort_at, received_at, blob_id, timer, expires_at, original_id,"
      " sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.id, row.chat, row.from, row.uuid, row.state, row.type, row.system,
      detail::message_flags(row), row.position, row.seq, row.sent_at, row.sort_at, row.received_at,
      row.blob_id, row.timer, row.expires_at, row.original, detail::seal_message(scope, row)));
  if (row.blob_id) EDGE_CHECK(add_blob_use(scope, *row.blob_id));
  return raise_chat(scope, row.chat, std::max(row.sort_at, row.received_at));
}

base::Result<> update_message(const Scope& scope, const MessageRow& row) {
  EDGE_TRY(
      const auto changed,
      scope.db.run("UPDATE message SET chat_id = ?, from_id = ?, state = ?, type = ?,"
                   " system = ?, flags = ?, sent_at = ?, sort_at = ?, received_at = ?,"
                   " timer = ?, expires_at = ?, sealed = ? WHERE account_id = ? AND id = ?",
                   row.chat, row.from, row.state, row.type, row.system, detail::message_flags(row),
                   row.sent_at, row.sort_at, row.received_at, row.timer, row.expires_at,
                   detail::seal_message(scope, row), scope.account, row.id));
  if (changed == 0) return no_such_message(scope, row.id);
  return {};
}

base::Result<> add_message_blob(const Scope& scope, const MessageRow& row) {
  EDGE_CHECK(scope.db.run("UPDATE message SET blob_id = ?3 WHERE account_id = ?1 AND id = ?2",
                          scope.account, row.id, row.blob_id));
  if (row.blob_id) EDGE_CHECK(add_blob_use(scope, *row.blob_id));
  return update_message(scope, row);
}

base::Result<std::optional<MessageRow>> find_message(const Scope& scope, base::MsgId message) {
  return scope.db.one<MessageRow>(
      MESSAGE_COLUMNS "WHERE account_id = ? AND id = ?",
      [&](const Row& row) { return detail::read_message(scope, row); }, scope.account, message);
}

base::Result<std::optional<MessageRow>> find_newest_message(const Scope& scope, base::ChatId chat) {
  return scope.db.one<MessageRow>(
      MESSAGE_COLUMNS
      "WHERE account_id = ? AND chat_id = ? ORDER BY position DESC, seq DESC, id DESC LIMIT 1",
      [&](const Row& row) { return detail::read_message(scope, row); }, scope.account, chat);
}

base::Result<MessageRow> load_message(const Scope& scope, base::MsgId message) {
  EDGE_TRY(auto row, find_message(scope, message));
  if (row) return *std::move(row);
  return no_such_message(scope, message);
}

// The connection keeps the prepared statement, so each id costs a bind and one step.
base::Result<std::optional<MessageRow>> find_message_by_uuid(const Scope& scope,
                                                             base::ContactId from,
                                                             const Uuid& uuid) {
  return scope.db.one<MessageRow>(
      MESSAGE_COLUMNS "WHERE account_id = ? AND from_id = ? AND uuid = ?",
      [&](const Row& row) { return detail::read_message(scope, row); }, scope.account, from, uuid);
}

base::Result<bool> has_message_uuid(const Scope& scope, base::ContactId from, const Uuid& uuid) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM message WHERE account_id = ? AND from_id = ?"
                            " AND uuid = ?",
                            scope.account, from, uuid));
  return found.has_value();
}

// One index look-up for each contact.
base::Result<std::optional<base::MsgId>> find_message_of_anybody(const Scope& scope,
                                                                 const Uuid& uuid) {
  return scope.db.one<base::MsgId>(
      "SELECT m.id FROM contact c CROSS JOIN message m INDEXED BY message_by_uuid"
      " ON m.account_id = c.account_id AND m.from_id = c.id AND m.uuid = ?2"
      " WHERE c.account_id = ?1 LIMIT 1",
      [](const Row& row) { return row.id<base::MsgId>(0); }, scope.account, base::ByteView(uuid));
}

base::Result<bool> set_message_state(const Scope& scope, base::MsgId message, MsgState state) {
  const auto step = std::find_if(std::begin(kSteps), std::end(kSteps),
                                 [&](const Step& each) { return each.to == state; });
  if (step == std::end(kSteps)) return false;
  const auto& from = step->from;
  EDGE_TRY(const auto changed,
           scope.db.run("UPDATE message SET state = ?3 WHERE account_id = ?1"
                        " AND id = ?2 AND state IN (?4, ?5, ?6)",
                        scope.account, message, state, from[0], from[1], from[2]));
  return changed > 0;
}

base::Result<bool> freshen_newest(const Scope& scope, base::ChatId chat) {
  EDGE_TRY(const auto changed,
           scope.db.run("UPDATE message SET state = ?3 WHERE account_id = ?1 AND state IN (?4, ?5)"
                        " AND id = (SELECT id FROM checked_message WHERE account_id = ?1"
                        "  AND chat_id = ?2 AND intact AND state IN (?3, ?4, ?5)"
                        "  ORDER BY position DESC, seq DESC, id DESC LIMIT 1)",
                        scope.account, chat, MsgState::in_fresh, MsgState::in_noticed,
                        MsgState::in_seen));
  return changed > 0;
}

base::Result<std::int64_t> notice_messages(const Scope& scope, base::ChatId chat) {
  static const std::string kSql =
      "UPDATE message SET state = ?3 WHERE account_id = ?1 AND chat_id = ?2 AND state = " +
      sql_literal(MsgState::in_fresh);  // as the index message_fresh has it
  return scope.db.run(kSql, scope.account, chat, MsgState::in_noticed);
}

base::Result<std::optional<std::string>> delete_message(const Scope& scope, base::MsgId message,
                                                        base::UnixMillis at) {
  struct Gone {
    base::ChatId chat;
    base::ContactId from;
    Uuid uuid{};
    bool draft = false;
    std::optional<std::int64_t> blob;
    bool intact = false;  // else its columns say nothing
  };
  EDGE_TRY(const auto gone, scope.db.one<Gone>(
                                "SELECT chat_id, from_id, uuid, state, blob_id, intact FROM "
                                "checked_message WHERE "
                                "account_id = ? AND id = ?",
                                [](const Row& row) -> base::Result<Gone> {
                                  Gone found;
                                  found.chat = row.id<base::ChatId>(0);
                                  found.from = row.id<base::ContactId>(1);
                                  EDGE_TRY(found.uuid, row.array<16>(2));
                                  found.draft = row.enumerator<MsgState>(3) == MsgState::out_draft;
                                  found.blob = row.maybe_integer(4);
                                  found.intact = row.boolean(5);
                                  return found;
                                },
                                scope.account, message));
  if (!gone) return std::optional<std::string>();
  EDGE_CHECK(
      scope.db.run("DELETE FROM message WHERE account_id = ? AND id = ?", scope.account, message));
  EDGE_CHECK(scope.db.run("DELETE FROM receipt WHERE account_id = ? AND msg_id = ?", scope.account,
                          message));
  EDGE_CHECK(delete_call(scope, message));
  if (!gone->intact) return std::optional<std::string>();
  EDGE_CHECK(delete_message_changes(scope, gone->from, gone->uuid));
  EDGE_CHECK(delete_location_of_message(scope, gone->from, gone->uuid));
  EDGE_CHECK(delete_webxdc_app(scope, {gone->from, gone->uuid}));
  EDGE_CHECK(delete_mail_notice(scope, gone->from, gone->uuid));
  if (gone->draft) {
    EDGE_CHECK(scope.db.run(
        "UPDATE chat SET draft_id = NULL WHERE account_id = ? AND id = ? AND draft_id = ?",
        scope.account, gone->chat, message));
  } else {
    EDGE_CHECK(insert_tombstone(scope, gone->from, gone->uuid, at));
  }
  EDGE_CHECK(
      scope.db.run("UPDATE chat SET last_at = coalesce((SELECT max(sort_at, received_at) FROM"
                   " checked_message WHERE account_id = ?1 AND chat_id = ?2 AND intact ORDER BY "
                   "position DESC, seq DESC, id DESC LIMIT 1),"
                   " created_at) WHERE account_id = ?1 AND id = ?2",
                   scope.account, gone->chat));
  if (!gone->blob) return std::optional<std::string>();
  return drop_blob_use(scope, *gone->blob);
}

base::Result<> insert_tombstone(const Scope& scope, base::ContactId from, const Uuid& uuid,
                                base::UnixMillis at) {
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO tombstone(account_id, from_id, uuid, at) VALUES(?, ?, ?, ?)",
      scope.account, from, uuid, at));
  return {};
}

base::Result<bool> has_tombstone(const Scope& scope, base::ContactId from, const Uuid& uuid) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM checked_tombstone WHERE account_id = ? AND from_id = ?"
                            " AND uuid = ? AND intact",
                            scope.account, from, uuid));
  return found.has_value();
}

}  // namespace store
