#include "store/tables/routes.h"

#include "base/wire.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxUrls = 3;
constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kMaxMailbox = 128;

base::Bytes encode(const RouteRow& row) {
  base::WireWriter out;
  out.u8(kForm).u8(static_cast<std::uint8_t>(row.urls.size()));
  for (const std::string& url : row.urls) out.text(url);
  out.text(row.mailbox).fixed(row.token);
  return out.take();
}

base::Result<RouteRow> decode(std::int64_t id, base::ByteView plain) {
  base::WireReader in(plain);
  RouteRow row;
  row.id = id;
  if (in.u8() != kForm) in.refuse();
  const std::size_t urls = in.u8();
  if (urls > kMaxUrls) in.refuse();
  for (std::size_t i = 0; i < urls && in.ok(); ++i) row.urls.push_back(in.text(kMaxUrl));
  row.mailbox = in.text(kMaxMailbox);
  row.token = in.array<32>();
  if (!in.done()) return base::fail(base::Errc::corrupt, "a stored route is damaged");
  return row;
}

}  // namespace

base::Result<> insert_route(const Scope& scope, const RouteRow& row) {
  EDGE_CHECK(scope.db.run("INSERT INTO route(account_id, id, sealed) VALUES(?1, ?2, ?3)",
                          scope.account, row.id, scope.seal("route", row.id, encode(row))));
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
      "SELECT sealed FROM route WHERE account_id = ?1 AND id = ?2",
      [&](const Row& row) -> base::Result<RouteRow> {
        EDGE_TRY(const auto plain, scope.open("route", id, row.blob(0)));
        return decode(id, plain);
      },
      scope.account, id);
}

}  // namespace store
