#include "store/tables/webxdc.h"

#include <algorithm>

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxAppText = 1024 * 1024;

void write_maybe(base::WireWriter& out, const std::optional<std::string>& text) {
  out.boolean(text.has_value());
  if (text) out.text(*text);
}

std::optional<std::string> read_maybe(base::WireReader& in) {
  if (!in.boolean()) return std::nullopt;
  return in.text(kMaxAppText);
}

#define UPDATE_COLUMNS                                                      \
  "SELECT author_id, uuid, serial, contact_id, sent_at, waits, sealed FROM" \
  " checked_webxdc_update WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3 AND intact "

// The seal is bound to the serial, the MAC binds the rest.
base::Result<WebxdcUpdateRow> read_update(const Scope& scope, const Row& columns) {
  WebxdcUpdateRow row;
  row.app.author = columns.id<base::ContactId>(0);
  EDGE_TRY(row.app.uuid, columns.array<16>(1));
  row.serial = static_cast<std::uint32_t>(columns.integer(2));
  row.contact = columns.id<base::ContactId>(3);
  row.sent_at = columns.integer(4);
  row.waits = columns.boolean(5);
  EDGE_TRY(const auto plain, scope.open("webxdc_update", row.serial, columns.blob(6)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.payload = in.text(kMaxAppText);
  row.info = read_maybe(in);
  row.href = read_maybe(in);
  row.document = read_maybe(in);
  row.summary = read_maybe(in);
  for (std::uint16_t left = in.u16(); left > 0 && in.ok(); --left) {
    std::string address = in.text(kMaxAppText);
    row.notify.emplace_back(std::move(address), in.text(kMaxAppText));
  }
  if (!in.done()) return base::fail(base::Errc::corrupt, "an app's update has another form");
  return row;
}

base::Result<std::vector<WebxdcUpdateRow>> read_updates(const Scope& scope, const char* sql,
                                                        const AppKey& app, std::uint32_t after,
                                                        std::size_t limit) {
  std::vector<WebxdcUpdateRow> found;
  EDGE_CHECK(scope.db.each(
      sql,
      [&](const Row& columns) {
        auto row = read_update(scope, columns);
        if (row) found.push_back(*std::move(row));  // a damaged row is skipped
      },
      scope.account, app.author, base::ByteView(app.uuid), after, limit));
  return found;
}

base::Result<> evict_waiting_updates(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM webxdc_update WHERE account_id = ?1 AND contact_id = ?2 AND waits = 1"
      " AND sent_at <= (SELECT sent_at FROM webxdc_update WHERE account_id = ?1"
      "  AND contact_id = ?2 AND waits = 1 ORDER BY sent_at DESC LIMIT 1 OFFSET ?3)",
      scope.account, contact, kMaxWaitingUpdates));
  return {};
}

}  // namespace

base::Result<> insert_webxdc_update(const Scope& scope, WebxdcUpdateRow& row) {
  EDGE_TRY(auto app, find_webxdc_app(scope, row.app));
  if (!app) app.emplace().app = row.app;
  row.serial = ++app->last_serial;
  EDGE_CHECK(put_webxdc_app(scope, *app));
  base::WireWriter out;
  out.u8(kForm).text(row.payload);
  write_maybe(out, row.info);
  write_maybe(out, row.href);
  write_maybe(out, row.document);
  write_maybe(out, row.summary);
  out.u16(static_cast<std::uint16_t>(row.notify.size()));
  for (const auto& [address, text] : row.notify) out.text(address).text(text);
  EDGE_CHECK(scope.db.run(
      "INSERT INTO webxdc_update(account_id, author_id, uuid, serial, contact_id, sent_at, waits,"
      " sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.app.author, base::ByteView(row.app.uuid), row.serial, row.contact,
      row.sent_at, row.waits, scope.seal("webxdc_update", row.serial, out.view())));
  if (row.waits) EDGE_CHECK(evict_waiting_updates(scope, row.contact));
  return {};
}

base::Result<bool> has_webxdc_update(const Scope& scope, const WebxdcUpdateRow& row) {
  bool found = false;
  EDGE_CHECK(scope.db.each(
      UPDATE_COLUMNS "AND contact_id = ?4 AND sent_at = ?5",
      [&](const Row& columns) {
        const auto one = read_update(scope, columns);
        found = found || (one && one->payload == row.payload && one->info == row.info &&
                          one->href == row.href && one->document == row.document &&
                          one->summary == row.summary && one->notify == row.notify);
      },
      scope.account, row.app.author, base::ByteView(row.app.uuid), row.contact, row.sent_at));
  return found;
}

base::Result<base::UnixMillis> last_update_at(const Scope& scope, const AppKey& app,
                                              base::ContactId contact) {
  EDGE_TRY(const auto last,
           scope.db.integer("SELECT sent_at FROM checked_webxdc_update WHERE account_id = ?"
                            " AND author_id = ? AND uuid = ? AND contact_id = ? AND intact"
                            " ORDER BY serial DESC LIMIT 1",
                            scope.account, app.author, base::ByteView(app.uuid), contact));
  return last.value_or(0);
}

base::Result<> move_webxdc_app(const Scope& scope, const AppKey& from, const AppKey& to) {
  EDGE_CHECK(scope.db.run(
      "UPDATE webxdc_update SET author_id = ?4, uuid = ?5 WHERE account_id = ?1 AND author_id = ?2"
      " AND uuid = ?3",
      scope.account, from.author, base::ByteView(from.uuid), to.author, base::ByteView(to.uuid)));
  EDGE_CHECK(scope.db.run(
      "UPDATE webxdc_app SET author_id = ?4, uuid = ?5 WHERE account_id = ?1 AND author_id = ?2"
      " AND uuid = ?3",
      scope.account, from.author, base::ByteView(from.uuid), to.author, base::ByteView(to.uuid)));
  return {};
}

base::Result<std::vector<WebxdcUpdateRow>> list_webxdc_updates(const Scope& scope,
                                                               const AppKey& app,
                                                               std::uint32_t after,
                                                               std::size_t limit) {
  return read_updates(scope, UPDATE_COLUMNS "AND serial > ?4 ORDER BY serial LIMIT ?5", app, after,
                      limit);
}

base::Result<std::vector<WebxdcUpdateRow>> waiting_webxdc_updates(const Scope& scope,
                                                                  const AppKey& app) {
  return read_updates(scope,
                      UPDATE_COLUMNS "AND waits = 1 AND serial > ?4 ORDER BY serial LIMIT ?5", app,
                      0, kMaxWaitingUpdates * 256);
}

base::Result<> settle_webxdc_updates(const Scope& scope, const AppKey& app) {
  EDGE_CHECK(scope.db.run(
      "UPDATE webxdc_update SET waits = 0 WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3"
      " AND waits = 1",
      scope.account, app.author, base::ByteView(app.uuid)));
  return {};
}

base::Result<> delete_webxdc_update(const Scope& scope, const WebxdcUpdateRow& row) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM webxdc_update WHERE account_id = ? AND author_id = ? AND uuid = ? "
                   "AND serial = ?",
                   scope.account, row.app.author, base::ByteView(row.app.uuid), row.serial));
  return {};
}

base::Result<> delete_webxdc_app(const Scope& scope, const AppKey& app) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM webxdc_update WHERE account_id = ? AND author_id = ? AND uuid = ?",
                   scope.account, app.author, base::ByteView(app.uuid)));
  EDGE_CHECK(
      scope.db.run("DELETE FROM webxdc_app WHERE account_id = ? AND author_id = ? AND uuid = ?",
                   scope.account, app.author, base::ByteView(app.uuid)));
  return {};
}

base::Result<> put_webxdc_app(const Scope& scope, const WebxdcAppRow& row) {
  base::WireWriter out;
  out.u8(kForm).text(row.document).text(row.summary);
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO webxdc_app(account_id, author_id, uuid, last_serial, document_at,"
      " summary_at, sealed) VALUES(?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.app.author, base::ByteView(row.app.uuid), row.last_serial, row.document_at,
      row.summary_at, scope.seal("webxdc_app", row.last_serial, out.view())));
  return {};
}

base::Result<std::optional<WebxdcAppRow>> find_webxdc_app(const Scope& scope, const AppKey& app) {
  return scope.db.one<WebxdcAppRow>(
      "SELECT last_serial, document_at, summary_at, sealed, intact FROM checked_webxdc_app"
      " WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3",
      [&](const Row& columns) -> base::Result<WebxdcAppRow> {
        EDGE_CHECK(check_intact(columns, 4));
        WebxdcAppRow row;
        row.app = app;
        row.last_serial = static_cast<std::uint32_t>(columns.integer(0));
        row.document_at = columns.integer(1);
        row.summary_at = columns.integer(2);
        EDGE_TRY(const auto plain, scope.open("webxdc_app", row.last_serial, columns.blob(3)));
        base::WireReader in(plain);
        if (in.u8() != kForm) in.refuse();
        row.document = in.text(kMaxAppText);
        row.summary = in.text(kMaxAppText);
        if (!in.done()) return base::fail(base::Errc::corrupt, "an app's record has another form");
        return row;
      },
      scope.account, app.author, base::ByteView(app.uuid));
}

}  // namespace store
