#include "store/tables/config_values.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;

// The rows have no number of their own: the seal binds to the first bytes of the key's hash.
std::int64_t place_of(base::ByteView key_hash) {
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < 8 && i < key_hash.size(); ++i) place = (place << 8) | key_hash[i];
  return static_cast<std::int64_t>(place);
}

// Of SELECT key_hash, sealed, intact.
base::Result<std::string> read_value(const Scope& scope, const Row& row) {
  EDGE_CHECK(check_intact(row, 2));
  EDGE_TRY(const auto plain, scope.open("config", place_of(row.blob(0)), row.blob(1)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  in.text(1024);  // the key
  std::string value = in.text(plain.size());
  if (!in.done()) return base::fail(base::Errc::corrupt, "a config record has another form");
  return value;
}

}  // namespace

base::Result<std::optional<std::string>> find_config_value(const Scope& scope,
                                                           std::string_view key) {
  const auto hash = scope.lookup("config key", base::as_bytes(key));
  return scope.db.one<std::string>(
      "SELECT key_hash, sealed, intact FROM checked_config WHERE account_id = ? AND key_hash = ?",
      [&](const Row& row) { return read_value(scope, row); }, scope.account, hash);
}

base::Result<> set_config_value(const Scope& scope, std::string_view key,
                                const std::optional<std::string>& value) {
  const auto hash = scope.lookup("config key", base::as_bytes(key));
  if (!value) {
    EDGE_CHECK(scope.db.run("DELETE FROM config WHERE account_id = ? AND key_hash = ?",
                            scope.account, hash));
    return {};
  }
  base::WireWriter out;
  out.u8(kForm).text(key).text(*value);
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO config(account_id, key_hash, sealed) VALUES(?, ?, ?)",
                   scope.account, hash, scope.seal("config", place_of(hash), out.view())));
  return {};
}

}  // namespace store
