#include "store/tables/blobs.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

// Form 1 did not say whether it is a container, form 2 not the size of a picture.
constexpr std::uint8_t kForm = 3;
constexpr std::size_t kMaxField = 4096;

#define BLOB_COLUMNS "SELECT id, name, size, uses, created_at, sealed, intact FROM checked_blob "

base::Result<BlobRow> read_row(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 6, "file", columns.integer(0)));
  BlobRow row;
  row.id = columns.integer(0);
  row.name = columns.text(1);
  row.size = static_cast<std::uint64_t>(columns.integer(2));
  row.uses = columns.integer(3);
  row.created_at = columns.integer(4);
  EDGE_TRY(const auto plain, scope.open("blob", row.id, columns.blob(5)));
  base::WireReader in(plain);
  const std::uint8_t form = in.u8();
  if (form < 1 || form > kForm) in.refuse();
  const base::ByteView key = in.fixed(32);
  row.file_name = in.text(kMaxField);
  row.media_type = in.text(kMaxField);
  row.hash = in.array<32>();
  row.is_container = form > 1 ? in.boolean() : row.file_name.ends_with(".prv");
  row.width = form > 2 ? in.u32() : 0;
  row.height = form > 2 ? in.u32() : 0;
  if (!in.done()) return base::fail(base::Errc::corrupt, "a blob's record has another form");
  std::copy(key.begin(), key.end(), row.key.begin());
  return row;
}

base::Bytes seal_row(const Scope& scope, const BlobRow& row) {
  base::WireWriter out;
  out.u8(kForm).fixed(row.key.view()).text(row.file_name).text(row.media_type).fixed(row.hash);
  out.boolean(row.is_container).u32(row.width).u32(row.height);
  base::Bytes plain = out.take();
  base::Bytes sealed = scope.seal("blob", row.id, plain);
  crypto::wipe(plain);
  return sealed;
}

}  // namespace

base::Result<> insert_blob(const Scope& scope, const BlobRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO blob(account_id, id, name, size, uses, created_at, sealed)"
      " VALUES(?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.id, row.name, row.size, row.uses, row.created_at, seal_row(scope, row)));
  return {};
}

base::Result<std::optional<BlobRow>> find_blob(const Scope& scope, std::int64_t blob) {
  return scope.db.one<BlobRow>(
      BLOB_COLUMNS "WHERE account_id = ? AND id = ?",
      [&](const Row& row) { return read_row(scope, row); }, scope.account, blob);
}

base::Result<BlobRow> load_blob(const Scope& scope, std::int64_t blob) {
  EDGE_TRY(auto row, find_blob(scope, blob));
  if (row) return *std::move(row);
  return base::fail(base::Errc::not_found, "the message's file is gone");
}

base::Result<std::optional<BlobRow>> find_blob_by_name(const Scope& scope, std::string_view name) {
  return scope.db.one<BlobRow>(
      BLOB_COLUMNS "WHERE account_id = ? AND name = ?",
      [&](const Row& row) { return read_row(scope, row); }, scope.account, name);
}

base::Result<> rename_blob(const Scope& scope, const BlobRow& row) {
  EDGE_CHECK(
      scope.db.run("UPDATE blob SET sealed = ? WHERE account_id = ? AND id = ? AND uses <= 0",
                   seal_row(scope, row), scope.account, row.id));
  return {};
}

base::Result<> add_blob_use(const Scope& scope, std::int64_t blob) {
  EDGE_TRY(const auto changed,
           scope.db.run("UPDATE blob SET uses = uses + 1 WHERE account_id = ? AND id = ?",
                        scope.account, blob));
  if (changed == 0) return base::fail(base::Errc::not_found, "the message's file is gone");
  return {};
}

base::Result<std::optional<std::string>> drop_blob_use(const Scope& scope, std::int64_t blob) {
  EDGE_CHECK(scope.db.run("UPDATE blob SET uses = uses - 1 WHERE account_id = ? AND id = ?",
                          scope.account, blob));
  EDGE_TRY(
      auto name,
      scope.db.one<std::string>(
          "SELECT name FROM checked_blob WHERE account_id = ? AND id = ? AND uses <= 0 AND intact",
          [](const Row& row) { return std::string(row.text(0)); }, scope.account, blob));
  if (name) {
    EDGE_CHECK(
        scope.db.run("DELETE FROM blob WHERE account_id = ? AND id = ?", scope.account, blob));
  }
  return name;
}

base::Result<std::vector<std::int64_t>> unused_blobs(const Scope& scope, base::UnixMillis before) {
  std::vector<std::int64_t> blobs;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_blob WHERE account_id = ? AND uses <= 0 AND created_at < ?"
      " AND intact",
      [&](const Row& row) { blobs.push_back(row.integer(0)); }, scope.account, before));
  return blobs;
}

base::Result<std::vector<std::uint64_t>> blob_sizes(const Scope& scope) {
  std::vector<std::uint64_t> sizes;
  EDGE_CHECK(scope.db.each(
      "SELECT size FROM blob WHERE account_id = ?",
      [&](const Row& row) { sizes.push_back(static_cast<std::uint64_t>(row.integer(0))); },
      scope.account));
  return sizes;
}

base::Result<std::vector<std::string>> blob_names(const Scope& scope) {
  std::vector<std::string> names;
  EDGE_CHECK(scope.db.each(
      "SELECT name FROM blob WHERE account_id = ?",
      [&](const Row& row) { names.emplace_back(row.text(0)); }, scope.account));
  return names;
}

base::Result<bool> has_blob(const Scope& scope, std::string_view name) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM blob WHERE account_id = ? AND name = ?", scope.account,
                            name));
  return found.has_value();
}

}  // namespace store
