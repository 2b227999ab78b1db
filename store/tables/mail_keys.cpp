#include "store/tables/mail_keys.h"

#include "store/tables/intact.h"

namespace store {

base::Result<> put_mail_key(const Scope& scope, base::ByteView secret) {
  EDGE_CHECK(scope.db.run("INSERT OR REPLACE INTO mail_key(account_id, sealed) VALUES(?1, ?2)",
                          scope.account, scope.seal("mail_key", 0, secret)));
  return {};
}

base::Result<std::optional<crypto::WipingBytes>> find_mail_key(const Scope& scope) {
  return scope.db.one<crypto::WipingBytes>(
      "SELECT sealed, intact FROM checked_mail_key WHERE account_id = ?1",
      [&](const Row& row) -> base::Result<crypto::WipingBytes> {
        EDGE_CHECK(check_intact(row, 1));
        return scope.open("mail_key", 0, row.blob(0));
      },
      scope.account);
}

}  // namespace store
