#include "store/tables/pending_joins.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

std::string select(std::string_view where) {
  return "SELECT id, role, tag, digest, contact_id, invite_id, session_id, route_id, state,"
         " created_at, sealed, intact FROM checked_pending_join WHERE account_id = ?1 AND " +
         std::string(where);
}

template <std::size_t N>
base::Result<std::optional<std::array<std::uint8_t, N>>> fixed(const Row& row, int column) {
  std::optional<std::array<std::uint8_t, N>> out;
  if (row.is_null(column)) return out;
  base::WireReader in(row.blob(column));
  out = in.array<N>();
  if (!in.done()) return base::fail(base::Errc::corrupt, "a pending join is damaged");
  return out;
}

auto reader(const Scope& scope) {
  return [&scope](const Row& row) -> base::Result<PendingJoinRow> {
    EDGE_CHECK(check_intact(row, 11));
    PendingJoinRow join;
    join.id = row.integer(0);
    join.role = row.enumerator<JoinRole>(1);
    EDGE_TRY(join.tag, fixed<16>(row, 2));
    EDGE_TRY(join.digest, fixed<32>(row, 3));
    if (!row.is_null(4)) join.contact = row.id<base::ContactId>(4);
    join.invite_id = row.integer(5);
    join.session_id = row.integer(6);
    join.route_id = row.integer(7);
    join.state = row.enumerator<JoinState>(8);
    join.created_at = row.integer(9);
    EDGE_TRY(join.memory, scope.open("pending_join", join.id, row.blob(10)));
    return join;
  };
}

template <std::size_t N>
std::optional<base::ByteView> view(const std::optional<std::array<std::uint8_t, N>>& bytes) {
  if (!bytes) return std::nullopt;
  return base::ByteView(*bytes);
}

}  // namespace

base::Result<> insert_pending_join(const Scope& scope, const PendingJoinRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO pending_join(account_id, id, role, tag, digest, contact_id, invite_id,"
      " session_id, route_id, state, created_at, sealed)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      scope.account, row.id, row.role, view(row.tag), view(row.digest), row.contact, row.invite_id,
      row.session_id, row.route_id, row.state, row.created_at,
      scope.seal("pending_join", row.id, row.memory)));
  return {};
}

base::Result<> update_pending_join(const Scope& scope, const PendingJoinRow& row) {
  EDGE_CHECK(scope.db.run(
      "UPDATE pending_join SET contact_id = ?3, session_id = ?4, state = ?5, sealed = ?6"
      " WHERE account_id = ?1 AND id = ?2",
      scope.account, row.id, row.contact, row.session_id, row.state,
      scope.seal("pending_join", row.id, row.memory)));
  return {};
}

base::Result<> delete_pending_join(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(scope.db.run("DELETE FROM pending_join WHERE account_id = ?1 AND id = ?2",
                          scope.account, id));
  return {};
}

base::Result<std::optional<PendingJoinRow>> find_pending_join(const Scope& scope, std::int64_t id) {
  static const std::string kSql = select("id = ?2");
  return scope.db.one<PendingJoinRow>(kSql, reader(scope), scope.account, id);
}

base::Result<std::optional<PendingJoinRow>> find_pending_join_by_tag(
    const Scope& scope, const std::array<std::uint8_t, 16>& tag) {
  static const std::string kSql = select("tag = ?2");
  return scope.db.one<PendingJoinRow>(kSql, reader(scope), scope.account, base::ByteView(tag));
}

base::Result<std::optional<PendingJoinRow>> find_pending_join_by_digest(
    const Scope& scope, const std::array<std::uint8_t, 32>& digest) {
  static const std::string kSql = select("digest = ?2");
  return scope.db.one<PendingJoinRow>(kSql, reader(scope), scope.account, base::ByteView(digest));
}

base::Result<std::optional<PendingJoinRow>> find_pending_join_by_session(const Scope& scope,
                                                                         std::int64_t session_id) {
  static const std::string kSql = select("session_id = ?2");
  return scope.db.one<PendingJoinRow>(kSql, reader(scope), scope.account, session_id);
}

base::Result<std::optional<PendingJoinRow>> find_pending_join_by_contact(const Scope& scope,
                                                                         base::ContactId contact,
                                                                         JoinRole role) {
  static const std::string kSql = select("contact_id = ?2 AND role = ?3 ORDER BY id DESC LIMIT 1");
  return scope.db.one<PendingJoinRow>(kSql, reader(scope), scope.account, contact, role);
}

base::Result<std::int64_t> count_pending_joins_on(const Scope& scope, std::int64_t route_id) {
  EDGE_TRY(
      const auto count,
      scope.db.integer("SELECT count(*) FROM pending_join WHERE account_id = ?1 AND route_id = ?2",
                       scope.account, route_id));
  return count.value_or(0);
}

base::Result<PendingCount> count_pending_joins_of(const Scope& scope, JoinRole role,
                                                  std::int64_t invite_id) {
  EDGE_TRY(const auto found,
           scope.db.one<PendingCount>(
               "SELECT count(*), min(id), min(created_at) FROM pending_join"
               " WHERE account_id = ?1 AND role = ?2 AND invite_id = ?3",
               [](const Row& row) {
                 return PendingCount{row.integer(0), row.integer(1), row.integer(2)};
               },
               scope.account, role, invite_id));
  return found.value_or(PendingCount{});
}

base::Result<std::vector<std::int64_t>> pending_joins_of_role(const Scope& scope, JoinRole role) {
  std::vector<std::int64_t> ids;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_pending_join WHERE account_id = ?1 AND role = ?2 AND intact"
      " ORDER BY id",
      [&](const Row& row) { ids.push_back(row.integer(0)); }, scope.account, role));
  return ids;
}

}  // namespace store
