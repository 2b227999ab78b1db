#include "store/tables/account_keys.h"

#include <vector>

#include "base/log.h"
#include "base/wire.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;

}  // namespace

base::Result<> insert_account_key(Connection& db, const Vault& vault, base::AccountId account,
                                  const Uuid& uuid, const crypto::Secret<32>& key) {
  base::WireWriter out;
  out.u8(kForm).fixed(uuid).fixed(key.view());
  base::Bytes plain = out.take();
  const base::Bytes sealed =
      vault.seal(vault.store_wide(), "account_key", "sealed", account.value, plain);
  crypto::wipe(plain);
  EDGE_CHECK(db.run("INSERT INTO account_key(account_id, sealed) VALUES(?, ?)", account, sealed));
  return {};
}

base::Result<> delete_account_key(Connection& db, base::AccountId account) {
  EDGE_CHECK(db.run("DELETE FROM account_key WHERE account_id = ?", account));
  return {};
}

base::Result<> load_account_keys(Connection& db, const Vault& vault) {
  EDGE_TRY(const auto there, db.integer("SELECT count(*) FROM pragma_table_info('account_key')"));
  if (there.value_or(0) == 0) return {};
  return db.each("SELECT account_id, sealed FROM account_key", [&](const Row& row) {
    const auto plain =
        vault.open(vault.store_wide(), "account_key", "sealed", row.integer(0), row.blob(1));
    if (!plain) {
      base::log::error("the key of account {} does not open", row.integer(0));
      return;
    }
    base::WireReader in(*plain);
    const bool known = in.u8() == kForm;
    const Uuid uuid = in.array<16>();
    const auto key = in.fixed(32);
    if (!known || !in.done()) {
      base::log::error("the key of account {} has another form", row.integer(0));
      return;
    }
    vault.adopt(uuid, crypto::RecordKey(crypto::Secret<32>(key.first<32>())));
  });
}

}  // namespace store
