#include "store/tables/config_values.h"

#include <algorithm>

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

struct Setting {
  std::string key;
  std::string value;
};

// Of SELECT key_hash, sealed, intact.
base::Result<Setting> read_setting(const Scope& scope, const Row& row) {
  EDGE_CHECK(check_intact(row, 2));
  EDGE_TRY(const auto plain, scope.open("config", place_of(row.blob(0)), row.blob(1)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  Setting setting{in.text(1024), in.text(plain.size())};
  if (!in.done()) return base::fail(base::Errc::corrupt, "a config record has another form");
  return setting;
}

}  // namespace

base::Result<std::optional<std::string>> find_config_value(const Scope& scope,
                                                           std::string_view key) {
  const auto hash = scope.lookup("config key", base::as_bytes(key));
  return scope.db.one<std::string>(
      "SELECT key_hash, sealed, intact FROM checked_config WHERE account_id = ? AND key_hash = ?",
      [&](const Row& row) -> base::Result<std::string> {
        EDGE_TRY(Setting setting, read_setting(scope, row));
        return std::move(setting.value);
      },
      scope.account, hash);
}

base::Result<std::vector<std::string>> config_keys(const Scope& scope, std::string_view prefix) {
  std::vector<std::string> keys;
  EDGE_CHECK(scope.db.each(
      "SELECT key_hash, sealed, intact FROM checked_config WHERE account_id = ?",
      [&](const Row& row) {
        auto setting = read_setting(scope, row);
        if (setting && setting->key.starts_with(prefix)) keys.push_back(std::move(setting->key));
      },
      scope.account));
  std::sort(keys.begin(), keys.end());
  return keys;
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
