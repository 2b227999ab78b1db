#include "store/tables/locations.h"

#include <bit>

#include "base/wire.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::int64_t kMostListed = 100'000;
constexpr base::ContactId kOurselves{1};

#define LOCATION_COLUMNS \
  "SELECT id, chat_id, contact_id, at, uuid, sealed FROM checked_location WHERE account_id = ?1 "

base::Result<LocationRow> read_location(const Scope& scope, const Row& columns) {
  LocationRow row;
  row.id = columns.integer(0);
  row.chat = columns.id<base::ChatId>(1);
  row.contact = columns.id<base::ContactId>(2);
  row.at = columns.integer(3);
  if (!columns.is_null(4)) {
    EDGE_TRY(row.message, columns.array<16>(4));
  }
  EDGE_TRY(const auto plain, scope.open("location", row.id, columns.blob(5)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.latitude = std::bit_cast<double>(in.u64());
  row.longitude = std::bit_cast<double>(in.u64());
  row.accuracy = std::bit_cast<double>(in.u64());
  if (!in.done()) return base::fail(base::Errc::corrupt, "a location's record has another form");
  return row;
}

base::Result<> evict(const Scope& scope, const LocationRow& row) {
  const char* const sql =
      row.message
          ? "DELETE FROM location WHERE account_id = ?1 AND chat_id = ?2 AND contact_id = ?3"
            " AND uuid IS NOT NULL AND id <= (SELECT id FROM location WHERE"
            "  account_id = ?1 AND chat_id = ?2 AND contact_id = ?3 AND uuid IS NOT NULL"
            "  ORDER BY id DESC LIMIT 1 OFFSET ?4)"
          : "DELETE FROM location WHERE account_id = ?1 AND chat_id = ?2 AND contact_id = ?3"
            " AND uuid IS NULL AND id <= (SELECT id FROM location WHERE"
            "  account_id = ?1 AND chat_id = ?2 AND contact_id = ?3 AND uuid IS NULL"
            "  ORDER BY id DESC LIMIT 1 OFFSET ?4)";
  EDGE_CHECK(scope.db.run(sql, scope.account, row.chat, row.contact,
                          row.message ? kMostOfMessages : kMostOfPath));
  return {};
}

LocationStreamRow read_stream(const Row& columns) {
  LocationStreamRow row;
  row.chat = columns.id<base::ChatId>(0);
  row.until = columns.integer(1);
  row.sent_id = columns.integer(2);
  row.sent_at = columns.integer(3);
  row.next_at = columns.integer(4);
  return row;
}

#define STREAM_COLUMNS                                                                   \
  "SELECT chat_id, until, sent_id, sent_at, next_at FROM checked_location_stream WHERE " \
  "account_id = ?1 AND intact "

}  // namespace

base::Result<bool> insert_location(const Scope& scope, const LocationRow& row) {
  if (row.message) {
    EDGE_TRY(const bool had, has_location(scope, row.contact, *row.message));
    if (had) return false;
  }
  base::WireWriter out;
  out.u8(kForm).u64(std::bit_cast<std::uint64_t>(row.latitude));
  out.u64(std::bit_cast<std::uint64_t>(row.longitude));
  out.u64(std::bit_cast<std::uint64_t>(row.accuracy));
  std::optional<base::ByteView> uuid;
  if (row.message) uuid = base::ByteView(*row.message);
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO location(account_id, id, chat_id, contact_id, at, uuid, sealed)"
      " VALUES(?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.id, row.chat, row.contact, row.at, uuid,
      scope.seal("location", row.id, out.view())));
  EDGE_CHECK(evict(scope, row));
  return true;
}

base::Result<> delete_location(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM location WHERE account_id = ? AND id = ?", scope.account, id));
  return {};
}

base::Result<> delete_location_of_message(const Scope& scope, base::ContactId contact,
                                          const Uuid& message) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM location WHERE account_id = ? AND contact_id = ? AND uuid = ?",
                   scope.account, contact, base::ByteView(message)));
  return {};
}

base::Result<> delete_locations_of_chat(const Scope& scope, base::ChatId chat) {
  EDGE_CHECK(scope.db.run("DELETE FROM location WHERE account_id = ? AND chat_id = ?",
                          scope.account, chat));
  return delete_location_stream(scope, chat);
}

base::Result<bool> has_location(const Scope& scope, base::ContactId contact, const Uuid& message) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM checked_location WHERE account_id = ? AND contact_id = ?"
                            " AND uuid = ? AND intact",
                            scope.account, contact, base::ByteView(message)));
  return found.has_value();
}

base::Result<std::optional<LocationRow>> location_of_message(const Scope& scope,
                                                             base::ContactId contact,
                                                             const Uuid& message) {
  return scope.db.one<LocationRow>(
      LOCATION_COLUMNS "AND intact AND contact_id = ?2 AND uuid = ?3",
      [&](const Row& columns) { return read_location(scope, columns); }, scope.account, contact,
      base::ByteView(message));
}

base::Result<std::vector<LocationRow>> list_locations(const Scope& scope,
                                                      const LocationQuery& query) {
  std::vector<LocationRow> found;
  EDGE_CHECK(scope.db.each(
      LOCATION_COLUMNS
      "AND intact AND (?2 IS NULL OR chat_id = ?2) AND (?3 IS NULL OR contact_id = ?3)"
      " AND (uuid IS NOT NULL OR at BETWEEN ?4 AND ?5) ORDER BY at DESC, id DESC LIMIT ?6",
      [&](const Row& columns) {
        auto row = read_location(scope, columns);
        if (row) found.push_back(*std::move(row));  // a damaged row is skipped
      },
      scope.account, query.chat, query.contact, query.from, query.to, kMostListed));
  return found;
}

base::Result<std::vector<LocationRow>> own_path_after(const Scope& scope, base::ChatId chat,
                                                      std::int64_t id, std::size_t limit) {
  std::vector<LocationRow> found;
  EDGE_CHECK(scope.db.each(
      LOCATION_COLUMNS
      "AND intact AND chat_id = ?2 AND contact_id = ?3 AND id > ?4 AND uuid IS NULL"
      " ORDER BY id LIMIT ?5",
      [&](const Row& columns) {
        auto row = read_location(scope, columns);
        if (row) found.push_back(*std::move(row));
      },
      scope.account, chat, kOurselves, id, limit));
  return found;
}

base::Result<std::optional<LocationRow>> newest_of_own_path(const Scope& scope, base::ChatId chat) {
  return scope.db.one<LocationRow>(
      LOCATION_COLUMNS
      "AND intact AND chat_id = ?2 AND contact_id = ?3 AND uuid IS NULL ORDER BY id DESC LIMIT 1",
      [&](const Row& columns) { return read_location(scope, columns); }, scope.account, chat,
      kOurselves);
}

base::Result<> put_location_stream(const Scope& scope, const LocationStreamRow& row) {
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO location_stream(account_id, chat_id, until, sent_id, "
                   "sent_at, next_at)"
                   " VALUES(?, ?, ?, ?, ?, ?)",
                   scope.account, row.chat, row.until, row.sent_id, row.sent_at, row.next_at));
  return {};
}

base::Result<> delete_location_stream(const Scope& scope, base::ChatId chat) {
  EDGE_CHECK(scope.db.run("DELETE FROM location_stream WHERE account_id = ? AND chat_id = ?",
                          scope.account, chat));
  return {};
}

base::Result<std::optional<LocationStreamRow>> find_location_stream(const Scope& scope,
                                                                    base::ChatId chat) {
  return scope.db.one<LocationStreamRow>(
      STREAM_COLUMNS "AND chat_id = ?2",
      [](const Row& columns) -> base::Result<LocationStreamRow> { return read_stream(columns); },
      scope.account, chat);
}

base::Result<std::vector<LocationStreamRow>> list_location_streams(const Scope& scope) {
  std::vector<LocationStreamRow> found;
  EDGE_CHECK(scope.db.each(
      STREAM_COLUMNS "ORDER BY chat_id",
      [&](const Row& columns) { found.push_back(read_stream(columns)); }, scope.account));
  return found;
}

base::Result<std::optional<base::UnixMillis>> next_due_location_stream(Connection& db) {
  return db.integer(
      "SELECT CASE WHEN next_at > 0 AND next_at < until THEN next_at ELSE until END AS due"
      " FROM checked_location_stream WHERE intact ORDER BY due LIMIT 1");
}

}  // namespace store
