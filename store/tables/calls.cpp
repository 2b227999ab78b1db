#include "store/tables/calls.h"

#include <string>

#include "base/wire.h"
#include "store/sql_literal.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxCallText = 1024 * 1024;

base::Result<CallRow> read_call(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 7));
  CallRow row;
  row.message = columns.id<base::MsgId>(0);
  row.state = columns.enumerator<CallState>(1);
  row.video = columns.boolean(2);
  row.ring_until = columns.integer(3);
  row.accepted_at = columns.integer(4);
  row.ended_at = columns.integer(5);
  EDGE_TRY(const auto plain, scope.open("call", row.message.value, columns.blob(6)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.offer = in.text(kMaxCallText);
  row.answer = in.text(kMaxCallText);
  if (!in.done()) return base::fail(base::Errc::corrupt, "a call's record has another form");
  return row;
}

}  // namespace

base::Result<> put_call(const Scope& scope, const CallRow& row) {
  base::WireWriter out;
  out.u8(kForm).text(row.offer).text(row.answer);
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO call(account_id, msg_id, state, video, ring_until, accepted_at,"
      " ended_at, sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.message, row.state, row.video, row.ring_until, row.accepted_at,
      row.ended_at, scope.seal("call", row.message.value, out.view())));
  return {};
}

base::Result<std::optional<CallRow>> find_call(const Scope& scope, base::MsgId message) {
  return scope.db.one<CallRow>(
      "SELECT msg_id, state, video, ring_until, accepted_at, ended_at, sealed, intact"
      " FROM checked_call WHERE account_id = ? AND msg_id = ?",
      [&](const Row& columns) { return read_call(scope, columns); }, scope.account, message);
}

base::Result<std::vector<base::MsgId>> calls_rung_out(const Scope& scope, base::UnixMillis now,
                                                      std::size_t limit) {
  std::vector<base::MsgId> found;
  EDGE_CHECK(scope.db.each(
      "SELECT msg_id FROM checked_call WHERE account_id = ? AND state = ? AND ring_until <= ?"
      " AND intact ORDER BY ring_until LIMIT ?",
      [&](const Row& columns) { found.push_back(columns.id<base::MsgId>(0)); }, scope.account,
      CallState::rings, now, limit));
  return found;
}

base::Result<std::optional<base::UnixMillis>> next_rung_out_call(Connection& db) {
  static const std::string kSql =
      "SELECT ring_until FROM checked_call WHERE state = " + sql_literal(CallState::rings) +
      " AND intact ORDER BY ring_until LIMIT 1";  // by call_rings
  return db.integer(kSql);
}

base::Result<> delete_call(const Scope& scope, base::MsgId message) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM call WHERE account_id = ? AND msg_id = ?", scope.account, message));
  return {};
}

}  // namespace store
