#include "store/tables/ways_in.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxField = 4096;

base::Bytes sealed_part(const Scope& scope, const WayIn& way) {
  base::WireWriter out;
  out.u8(kForm).text(way.addr).text(way.mailbox);
  return scope.seal("account_way_in", way.id, out.view());
}

base::Result<WayIn> read_row(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 3));
  WayIn way;
  way.id = columns.integer(0);
  way.kind = columns.enumerator<ProtocolKind>(1);
  EDGE_TRY(const auto plain, scope.open("account_way_in", way.id, columns.blob(2)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  way.addr = in.text(kMaxField);
  way.mailbox = in.text(kMaxField);
  if (!in.done()) return base::fail(base::Errc::corrupt, "an account's way in has another form");
  return way;
}

}  // namespace

base::Result<> insert_way_in(const Scope& scope, const WayIn& way) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO account_way_in(account_id, id, kind, sealed) VALUES(?1, ?2, ?3, ?4)",
      scope.account, way.id, way.kind, sealed_part(scope, way)));
  return {};
}

base::Result<> update_way_in(const Scope& scope, const WayIn& way) {
  EDGE_CHECK(scope.db.run(
      "UPDATE account_way_in SET sealed = ?3, kind = ?4 WHERE account_id = ?1 AND id = ?2",
      scope.account, way.id, sealed_part(scope, way), way.kind));
  return {};
}

base::Result<std::vector<WayIn>> list_ways_in(const Scope& scope) {
  std::vector<WayIn> ways;
  EDGE_CHECK(scope.db.each(
      "SELECT id, kind, sealed, intact FROM checked_account_way_in WHERE account_id = ?1"
      " ORDER BY id",
      [&](const Row& columns) -> base::Result<> {
        EDGE_TRY(ways.emplace_back(), read_row(scope, columns));
        return {};
      },
      scope.account));
  return ways;
}

}  // namespace store
