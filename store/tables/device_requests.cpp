#include "store/tables/device_requests.h"

#include "store/tables/intact.h"

namespace store {
namespace {

DeviceRequestRow read_row(const Row& columns) {
  DeviceRequestRow row;
  row.message = columns.id<base::MsgId>(0);
  row.chat = columns.id<base::ChatId>(1);
  row.contact = columns.id<base::ContactId>(2);
  row.state = columns.enumerator<RequestState>(3);
  return row;
}

}  // namespace

base::Result<> insert_device_request(const Scope& scope, const DeviceRequestRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT OR IGNORE INTO device_request(account_id, msg_id, chat_id, contact_id, state)"
      " VALUES(?, ?, ?, ?, ?)",
      scope.account, row.message, row.chat, row.contact, row.state));
  return {};
}

base::Result<std::optional<DeviceRequestRow>> find_device_request(const Scope& scope,
                                                                  base::MsgId message) {
  return scope.db.one<DeviceRequestRow>(
      "SELECT msg_id, chat_id, contact_id, state, intact FROM checked_device_request"
      " WHERE account_id = ? AND msg_id = ?",
      [](const Row& columns) -> base::Result<DeviceRequestRow> {
        EDGE_CHECK(check_intact(columns, 4));
        return read_row(columns);
      },
      scope.account, message);
}

base::Result<std::vector<DeviceRequestRow>> open_device_requests(const Scope& scope,
                                                                 std::size_t limit) {
  std::vector<DeviceRequestRow> found;
  EDGE_CHECK(scope.db.each(
      "SELECT msg_id, chat_id, contact_id, state FROM checked_device_request"
      " WHERE account_id = ?1 AND state IN (?2, ?3) AND intact ORDER BY msg_id LIMIT ?4",
      [&](const Row& columns) { found.push_back(read_row(columns)); }, scope.account,
      RequestState::waiting, RequestState::begun, limit));
  return found;
}

base::Result<bool> begin_device_request(const Scope& scope, const DeviceRequestRow& row,
                                        std::optional<base::ByteView> mark) {
  if (mark) {
    EDGE_TRY(const auto other,
             scope.db.integer("SELECT 1 FROM checked_device_request WHERE account_id = ?"
                              " AND contact_id = ? AND mark = ? AND msg_id <> ? AND intact",
                              scope.account, row.contact, mark, row.message));
    if (other) return false;
  }
  EDGE_CHECK(scope.db.run(
      "UPDATE device_request SET state = ?3, mark = ?4 WHERE account_id = ?1 AND msg_id = ?2",
      scope.account, row.message, RequestState::begun, mark));
  return true;
}

base::Result<> end_device_request(const Scope& scope, const DeviceRequestRow& row,
                                  std::size_t kept) {
  EDGE_CHECK(
      scope.db.run("UPDATE device_request SET state = ?3 WHERE account_id = ?1 AND msg_id = ?2",
                   scope.account, row.message, RequestState::answered));
  EDGE_CHECK(scope.db.run(
      "DELETE FROM device_request WHERE account_id = ?1 AND contact_id = ?2 AND state = ?3"
      " AND (mark IS NULL OR msg_id NOT IN (SELECT msg_id FROM checked_device_request"
      "  WHERE account_id = ?1 AND contact_id = ?2 AND state = ?3 AND mark IS NOT NULL"
      "  ORDER BY msg_id DESC LIMIT ?4))",
      scope.account, row.contact, RequestState::answered, kept));
  return {};
}

}  // namespace store
