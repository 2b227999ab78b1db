#include "store/tables/routes.h"

#include "base/wire.h"
#include "store/tables/intact.h"
#include "store/tables/protocol_kind.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 3;
constexpr std::uint8_t kMailForm = 1;
constexpr std::size_t kMaxUrls = 3;
constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kMaxMailbox = 128;

void write_way(base::WireWriter& out, const RouteWay& way) {
  out.u8(static_cast<std::uint8_t>(way.urls.size()));
  for (const std::string& url : way.urls) out.text(url);
  out.text(way.mailbox).fixed(way.token).boolean(way.reached);
}

// A way of a form before 3 counts as reached: those forms did not store it.
RouteWay read_way(base::WireReader& in, std::uint8_t form) {
  RouteWay way;
  const std::size_t urls = in.u8();
  if (urls > kMaxUrls) in.refuse();
  for (std::size_t i = 0; i < urls && in.ok(); ++i) way.urls.push_back(in.text(kMaxUrl));
  way.mailbox = in.text(kMaxMailbox);
  way.token = in.array<32>();
  way.reached = form < 3 || in.boolean();
  return way;
}

base::Bytes encode(const RouteRow& row) {
  base::WireWriter out;
  out.u8(kForm);
  write_way(out, row.way);
  out.boolean(row.second.has_value());
  if (row.second) write_way(out, *row.second);
  return out.take();
}

// Form 1 had one way.
base::Result<RouteRow> decode(std::int64_t id, base::ByteView plain) {
  base::WireReader in(plain);
  RouteRow row;
  row.id = id;
  const std::uint8_t form = in.u8();
  if (form < 1 || form > kForm) in.refuse();
  row.way = read_way(in, form);
  if (form > 1 && in.boolean()) row.second = read_way(in, form);
  if (!in.done()) return base::fail(base::Errc::corrupt, "a stored route is damaged");
  return row;
}

}  // namespace

base::Result<> insert_route(const Scope& scope, const RouteRow& row) {
  EDGE_CHECK(scope.db.run("INSERT INTO route(account_id, id, kind, sealed) VALUES(?1, ?2, ?3, ?4)",
                          scope.account, row.id, ProtocolKind::gateway,
                          scope.seal("route", row.id, encode(row))));
  return {};
}

base::Result<> update_route(const Scope& scope, const RouteRow& row) {
  EDGE_CHECK(scope.db.run("UPDATE route SET sealed = ?3 WHERE account_id = ?1 AND id = ?2",
                          scope.account, row.id, scope.seal("route", row.id, encode(row))));
  return {};
}

base::Result<> delete_route(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM route WHERE account_id = ?1 AND id = ?2", scope.account, id));
  return {};
}

base::Result<std::optional<RouteRow>> find_route(const Scope& scope, std::int64_t id) {
  return scope.db.one<RouteRow>(
      "SELECT sealed, intact FROM checked_route WHERE account_id = ?1 AND id = ?2 AND kind = ?3",
      [&](const Row& row) -> base::Result<RouteRow> {
        EDGE_CHECK(check_intact(row, 1));
        EDGE_TRY(const auto plain, scope.open("route", id, row.blob(0)));
        return decode(id, plain);
      },
      scope.account, id, ProtocolKind::gateway);
}

base::Result<> insert_mail_route(const Scope& scope, std::int64_t id) {
  base::WireWriter out;
  out.u8(kMailForm);
  EDGE_CHECK(scope.db.run("INSERT INTO route(account_id, id, kind, sealed) VALUES(?1, ?2, ?3, ?4)",
                          scope.account, id, ProtocolKind::mail,
                          scope.seal("route", id, out.view())));
  return {};
}

base::Result<std::optional<std::int64_t>> find_mail_route(const Scope& scope) {
  return scope.db.one<std::int64_t>(
      "SELECT id, intact FROM checked_route WHERE account_id = ?1 AND kind = ?2",
      [](const Row& row) -> base::Result<std::int64_t> {
        EDGE_CHECK(check_intact(row, 1));
        return row.integer(0);
      },
      scope.account, ProtocolKind::mail);
}

}  // namespace store
