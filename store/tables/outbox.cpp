#include "store/tables/outbox.h"

#include "base/wire.h"
#include "store/sql_literal.h"
#include "store/tables/intact.h"
#include "store/tables/sessions.h"

namespace store {
namespace {

std::optional<base::ByteView> view(const std::optional<std::array<std::uint8_t, 16>>& bytes) {
  if (!bytes) return std::nullopt;
  return base::ByteView(*bytes);
}

std::optional<std::array<std::uint8_t, 16>> array16(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  base::WireReader in(row.blob(column));
  return in.array<16>();
}

constexpr std::string_view kColumns =
    "id, route_id, contact_id, kind, state, msg_id, join_id, uuid, blob_id, transfer, next_part,"
    " created_at, deposited_at, payload_sealed, envelope, session_id, intact";

// The kinds that are encrypted in a session with the contact, and those that create one.
std::string session_kinds() {
  return sql_list({OutboxKind::message, OutboxKind::receipts, OutboxKind::file, OutboxKind::hello});
}
std::string handshake_kinds() {
  return sql_list({OutboxKind::join_request, OutboxKind::join_answer, OutboxKind::session_request,
                   OutboxKind::session_answer});
}
// The kinds that the recipient's device acknowledges.
std::string acknowledged_kinds() { return sql_list({OutboxKind::message, OutboxKind::hello}); }

// The payload is bound to the message's uuid, since the row's id is known only after the insert.
std::int64_t seal_id(const OutboxRow& row) {
  if (!row.uuid) return 0;
  base::WireReader in{base::ByteView(*row.uuid)};
  return static_cast<std::int64_t>(in.u64() >> 1);
}

auto reader(const Scope& scope, bool with_payload, bool with_envelope) {
  return [&scope, with_payload, with_envelope](const Row& row) -> base::Result<OutboxRow> {
    EDGE_CHECK(check_intact(row, 16));
    OutboxRow out;
    out.id = row.integer(0);
    out.route_id = row.integer(1);
    if (!row.is_null(2)) out.contact = row.id<base::ContactId>(2);
    out.kind = row.enumerator<OutboxKind>(3);
    out.state = row.enumerator<OutboxState>(4);
    if (!row.is_null(5)) out.message = row.id<base::MsgId>(5);
    out.join_id = row.integer(6);
    out.uuid = array16(row, 7);
    out.blob_id = row.integer(8);
    out.transfer = array16(row, 9);
    out.next_part = static_cast<std::uint32_t>(row.integer(10));
    out.created_at = row.integer(11);
    out.deposited_at = row.integer(12);
    if (with_payload && !row.is_null(13)) {
      EDGE_TRY(out.payload, scope.open("outbox", seal_id(out), row.blob(13)));
    }
    if (with_envelope && !row.is_null(14)) out.envelope = base::to_bytes(row.blob(14));
    out.session_id = row.integer(15);
    return out;
  };
}

std::string select(std::string_view where) {
  return "SELECT " + std::string(kColumns) + " FROM checked_outbox WHERE account_id = ?1 AND " +
         std::string(where);
}

template <class... Args>
base::Result<std::vector<OutboxRow>> collect(const Scope& scope, const std::string& sql,
                                             bool with_payload, bool with_envelope,
                                             const Args&... args) {
  std::vector<OutboxRow> rows;
  const auto read = reader(scope, with_payload, with_envelope);
  EDGE_CHECK(scope.db.each(
      sql,
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(auto out, read(row));
        rows.push_back(std::move(out));
        return {};
      },
      scope.account, args...));
  return rows;
}

// Numbers of rows and contacts as one parameter, for json_each().
template <class T, class F>
std::string json_list(const std::vector<T>& items, F number) {
  std::string out = "[";
  for (const T& item : items) out += (out.size() > 1 ? "," : "") + std::to_string(number(item));
  return out + "]";
}

struct Taken {
  std::size_t count = 0;
  bool more = false;  // there may be further ones
};

// How many rows that `where` names have `max_bytes` in this column together, of ?3 at most. SQLite
// gives the sizes without reading the column, so that a queue of large ones costs no more memory
// than one deposit.
template <class... Args>
base::Result<Taken> take_ready(const Scope& scope, std::string_view column, std::string_view where,
                               std::size_t limit, std::size_t max_bytes, std::int64_t route_id,
                               const Args&... args) {
  Taken taken;
  std::size_t seen = 0;
  std::size_t bytes = 0;
  EDGE_CHECK(scope.db.each(
      "SELECT ifnull(length(" + std::string(column) +
          "), 0) FROM checked_outbox WHERE account_id = ?1 AND " + std::string(where),
      [&](const Row& row) {
        ++seen;
        bytes += static_cast<std::size_t>(row.integer(0)) + 4;
        if (taken.count == 0 || bytes <= max_bytes) ++taken.count;
      },
      scope.account, route_id, limit, OutboxState::ready, args...));
  taken.more = seen == limit || taken.count < seen;
  return taken;
}

constexpr std::string_view kReady = "route_id = ?2 AND state = ?4 AND intact ORDER BY id LIMIT ?3";
constexpr std::string_view kReadyBut =
    "route_id = ?2 AND state = ?4 AND intact"
    " AND ifnull(contact_id, 0) NOT IN (SELECT value FROM json_each(?5))"
    " AND id NOT IN (SELECT value FROM json_each(?6)) ORDER BY id LIMIT ?3";

}  // namespace

base::Result<std::int64_t> insert_outbox(const Scope& scope, const OutboxRow& row) {
  std::optional<base::Bytes> payload;
  if (!row.payload.empty()) payload = scope.seal("outbox", seal_id(row), row.payload);
  std::optional<base::ByteView> envelope;
  if (!row.envelope.empty()) envelope = row.envelope;
  EDGE_TRY(
      const auto id,
      scope.db.integer(
          "INSERT INTO outbox(account_id, route_id, contact_id, kind, state, msg_id, join_id, uuid,"
          " blob_id, transfer, next_part, created_at, deposited_at, payload_sealed, envelope,"
          " session_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
          " ?16) RETURNING id",
          scope.account, row.route_id, row.contact, row.kind, row.state, row.message, row.join_id,
          view(row.uuid), row.blob_id, view(row.transfer), row.next_part, row.created_at,
          row.deposited_at, payload, envelope, row.session_id));
  return id.value_or(0);
}

base::Result<> set_outbox_ready(const Scope& scope, const OutboxRow& row) {
  EDGE_CHECK(
      scope.db.run("UPDATE outbox SET envelope = ?3, session_id = ?4, state = ?5"
                   " WHERE account_id = ?1 AND id = ?2",
                   scope.account, row.id, row.envelope, row.session_id, OutboxState::ready));
  return {};
}

base::Result<bool> set_outbox_stored(const Scope& scope, const OutboxRow& row,
                                     base::UnixMillis at) {
  EDGE_TRY(const auto changed,
           scope.db.run("UPDATE outbox SET state = ?6, deposited_at = ?3"
                        " WHERE account_id = ?1 AND id = ?2 AND state = ?5 AND session_id = ?4",
                        scope.account, row.id, at, row.session_id, OutboxState::ready,
                        OutboxState::stored));
  return changed > 0;
}

base::Result<> set_outbox_payload(const Scope& scope, const OutboxRow& row) {
  EDGE_CHECK(scope.db.run("UPDATE outbox SET payload_sealed = ?3 WHERE account_id = ?1 AND id = ?2",
                          scope.account, row.id, scope.seal("outbox", seal_id(row), row.payload)));
  return {};
}

base::Result<> hold_outbox(const Scope& scope, base::ContactId contact) {
  static const std::string kSql =
      "UPDATE outbox SET state = ?3, envelope = NULL, next_part = 0"
      " WHERE account_id = ?1 AND contact_id = ?2 AND state IN (?4, ?5) AND kind IN " +
      session_kinds() +
      " AND session_id NOT IN (SELECT id FROM checked_session WHERE account_id = ?1"
      "  AND contact_id = ?2 AND state = ?6 AND intact)";
  EDGE_CHECK(scope.db.run(kSql, scope.account, contact, OutboxState::waiting, OutboxState::ready,
                          OutboxState::stored, SessionState::live));
  return {};
}

base::Result<> set_outbox_next_part(const Scope& scope, const OutboxRow& row,
                                    std::uint32_t next_part) {
  EDGE_CHECK(
      scope.db.run("UPDATE outbox SET next_part = ?3"
                   " WHERE account_id = ?1 AND id = ?2 AND state = ?5 AND session_id = ?4",
                   scope.account, row.id, next_part, row.session_id, OutboxState::ready));
  return {};
}

base::Result<> delete_outbox(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM outbox WHERE account_id = ?1 AND id = ?2", scope.account, id));
  return {};
}

base::Result<> delete_outbox_of_message(const Scope& scope, base::MsgId message) {
  EDGE_CHECK(scope.db.run("DELETE FROM outbox WHERE account_id = ?1 AND msg_id = ?2", scope.account,
                          message));
  return {};
}

base::Result<> delete_outbox_to(const Scope& scope, base::MsgId message, base::ContactId contact) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM outbox WHERE account_id = ?1 AND msg_id = ?2 AND contact_id = ?3",
                   scope.account, message, contact));
  return {};
}

base::Result<bool> delete_outbox_of_join(const Scope& scope, std::int64_t join_id) {
  static const std::string kFrom =
      " FROM outbox WHERE account_id = ?1 AND join_id = ?2 AND kind IN " + handshake_kinds();
  static const std::string kFind = "SELECT 1" + kFrom + " AND deposited_at = 0";
  static const std::string kDelete = "DELETE" + kFrom;
  EDGE_TRY(const auto undeposited, scope.db.integer(kFind, scope.account, join_id));
  EDGE_CHECK(scope.db.run(kDelete, scope.account, join_id));
  return undeposited.has_value();
}

base::Result<PassingRows> passing_outbox(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(const auto found,
           scope.db.one<PassingRows>(
               "SELECT count(*), min(created_at) FROM checked_outbox WHERE account_id = ?1"
               " AND contact_id = ?2 AND kind = ?3 AND intact",
               [](const Row& row) -> base::Result<PassingRows> {
                 return PassingRows{row.integer(0), row.maybe_integer(1).value_or(0)};
               },
               scope.account, contact, OutboxKind::passing));
  return found.value_or(PassingRows{});
}

base::Result<> delete_passing_outbox(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM outbox WHERE account_id = ?1 AND contact_id = ?2 AND kind = ?3",
                   scope.account, contact, OutboxKind::passing));
  return {};
}

base::Result<> delete_passing_outbox_before(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM outbox WHERE account_id = ?1 AND kind = ?2 AND created_at < ?3",
                   scope.account, OutboxKind::passing, before));
  return {};
}

base::Result<> move_outbox(const Scope& scope, base::ContactId contact, std::int64_t route_id) {
  static const std::string kSql =
      "UPDATE outbox SET route_id = ?3 WHERE account_id = ?1 AND contact_id = ?2 AND kind IN " +
      session_kinds();
  EDGE_CHECK(scope.db.run(kSql, scope.account, contact, route_id));
  return {};
}

base::Result<std::vector<OutboxRow>> ready_outbox(const Scope& scope, std::int64_t route_id,
                                                  std::size_t limit, std::size_t max_bytes) {
  EDGE_TRY(const Taken taken, take_ready(scope, "envelope", kReady, limit, max_bytes, route_id));
  static const std::string kSql = select(kReady);
  return collect(scope, kSql, false, true, route_id, taken.count, OutboxState::ready);
}

base::Result<ReadyContents> ready_contents(const Scope& scope, std::int64_t route_id,
                                           std::size_t limit, std::size_t max_bytes,
                                           const SkippedRows& skipped) {
  const std::string contacts =
      json_list(skipped.contacts, [](base::ContactId contact) { return contact.value; });
  const std::string ids = json_list(skipped.ids, [](std::int64_t id) { return id; });
  EDGE_TRY(const Taken taken, take_ready(scope, "payload_sealed", kReadyBut, limit, max_bytes,
                                         route_id, contacts, ids));
  static const std::string kSql = select(kReadyBut);
  ReadyContents out;
  out.more = taken.more;
  EDGE_TRY(out.rows, collect(scope, kSql, true, false, route_id, taken.count, OutboxState::ready,
                             contacts, ids));
  return out;
}

base::Result<std::optional<OutboxRow>> find_outbox(const Scope& scope, std::int64_t id) {
  static const std::string kSql = select("id = ?2");
  return scope.db.one<OutboxRow>(kSql, reader(scope, false, false), scope.account, id);
}

base::Result<std::optional<OutboxRow>> next_content(const Scope& scope, base::ContactId contact,
                                                    std::int64_t after) {
  static const std::string kSql =
      select("contact_id = ?2 AND kind = ?4 AND id > ?3 AND intact ORDER BY id LIMIT 1");
  return scope.db.one<OutboxRow>(kSql, reader(scope, true, false), scope.account, contact, after,
                                 OutboxKind::message);
}

base::Result<std::optional<OutboxRow>> ready_hello(const Scope& scope, std::int64_t route_id,
                                                   std::int64_t session_id) {
  static const std::string kSql = select(
      "route_id = ?2 AND state = ?4 AND kind = ?5 AND session_id = ?3 AND intact"
      " ORDER BY id LIMIT 1");
  return scope.db.one<OutboxRow>(kSql, reader(scope, false, true), scope.account, route_id,
                                 session_id, OutboxState::ready, OutboxKind::hello);
}

base::Result<std::vector<OutboxRow>> waiting_outbox(const Scope& scope, base::ContactId contact,
                                                    std::int64_t after, std::size_t limit,
                                                    std::size_t max_bytes) {
  std::size_t take = 0;
  std::size_t bytes = 0;
  EDGE_CHECK(scope.db.each(
      "SELECT ifnull(length(payload_sealed), 0) FROM checked_outbox"
      " WHERE account_id = ?1 AND contact_id = ?2 AND state = ?5 AND id > ?3 AND intact"
      " ORDER BY id LIMIT ?4",
      [&](const Row& row) {
        bytes += static_cast<std::size_t>(row.integer(0));
        if (take == 0 || bytes <= max_bytes) ++take;
      },
      scope.account, contact, after, limit, OutboxState::waiting));
  static const std::string kSql =
      select("contact_id = ?2 AND state = ?5 AND id > ?3 AND intact ORDER BY id LIMIT ?4");
  return collect(scope, kSql, true, false, contact, after, take, OutboxState::waiting);
}

base::Result<bool> has_waiting_outbox(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM checked_outbox WHERE account_id = ?1 AND contact_id = ?2"
                            " AND state = ?3 AND intact LIMIT 1",
                            scope.account, contact, OutboxState::waiting));
  return found.has_value();
}

base::Result<std::vector<base::ContactId>> contacts_with_waiting_outbox(const Scope& scope) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_contact c WHERE account_id = ?1 AND intact AND EXISTS("
      "SELECT 1 FROM outbox WHERE outbox.account_id = ?1 AND outbox.contact_id = c.id"
      " AND outbox.state = ?2)",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account,
      OutboxState::waiting));
  return contacts;
}

base::Result<std::optional<OutboxRow>> find_outbox_by_uuid(
    const Scope& scope, base::ContactId contact, const std::array<std::uint8_t, 16>& uuid) {
  // By the uuid, or an acknowledgement would cost a walk through all that waits for the contact;
  // SQLite takes either index for as good, and refuses the query when this one is gone.
  static const std::string kSql = "SELECT " + std::string(kColumns) +
                                  " FROM checked_outbox WHERE account_id = ?1 AND id IN"
                                  " (SELECT id FROM outbox INDEXED BY outbox_by_uuid WHERE"
                                  "  account_id = ?1 AND uuid = ?3 AND contact_id = ?2"
                                  "  AND kind IN " +
                                  acknowledged_kinds() + ")";
  return scope.db.one<OutboxRow>(kSql, reader(scope, false, false), scope.account, contact,
                                 base::ByteView(uuid));
}

base::Result<bool> has_outbox_uuid(const Scope& scope, const std::array<std::uint8_t, 16>& uuid) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM outbox INDEXED BY outbox_by_uuid WHERE account_id = ?1"
                            " AND uuid = ?2 LIMIT 1",
                            scope.account, base::ByteView(uuid)));
  return found.has_value();
}

base::Result<std::vector<OutboxRow>> outbox_of_message(const Scope& scope, base::MsgId message) {
  static const std::string kSql = select("msg_id = ?2 AND intact ORDER BY id");
  return collect(scope, kSql, false, false, message);
}

base::Result<std::vector<std::int64_t>> routes_with_outbox(const Scope& scope) {
  std::vector<std::int64_t> routes;
  EDGE_CHECK(scope.db.each(
      "SELECT DISTINCT route_id FROM checked_outbox WHERE account_id = ?1 AND state = ?2 AND "
      "intact",
      [&](const Row& row) { routes.push_back(row.integer(0)); }, scope.account,
      OutboxState::ready));
  return routes;
}

base::Result<bool> outbox_all_stored(const Scope& scope, base::MsgId message) {
  EDGE_TRY(const auto open,
           scope.db.integer("SELECT 1 FROM checked_outbox WHERE account_id = ?1 AND msg_id = ?2"
                            " AND (state <> ?3 OR NOT intact) LIMIT 1",
                            scope.account, message, OutboxState::stored));
  return !open.has_value();
}

base::Result<std::int64_t> repeat_outbox(const Scope& scope, base::UnixMillis before) {
  return scope.db.run(
      "UPDATE outbox SET state = ?3, next_part = 0"
      " WHERE account_id = ?1 AND state = ?4 AND deposited_at < ?2",
      scope.account, before, OutboxState::ready, OutboxState::stored);
}

base::Result<std::int64_t> repeat_requests(const Scope& scope, base::UnixMillis before) {
  return scope.db.run(
      "UPDATE outbox SET state = ?3"
      " WHERE account_id = ?1 AND kind = ?5 AND state = ?4 AND deposited_at < ?2",
      scope.account, before, OutboxState::ready, OutboxState::stored, OutboxKind::join_request);
}

base::Result<std::vector<OutboxRow>> expired_outbox(const Scope& scope, base::UnixMillis before) {
  static const std::string kSql = select("kind IN " + acknowledged_kinds() +
                                         " AND created_at < ?2 AND intact ORDER BY id LIMIT 256");
  return collect(scope, kSql, false, false, before);
}

base::Result<std::int64_t> count_outbox(const Scope& scope) {
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM outbox WHERE account_id = ?1 AND state <> ?2",
                            scope.account, OutboxState::stored));
  return count.value_or(0);
}

}  // namespace store
