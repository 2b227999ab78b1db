// Removes an account in portions, because a large one must not block everybody else's writes. Its
// seed is deleted first, which takes it out of every list; then the caller removes its blobs'
// files, and the rest follows row by row, its own row last: as long as anything is left, the
// account is found again.
#pragma once

#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/vault.h"

namespace store {

base::Result<> begin_account_removal(Connection& db, base::AccountId account);
// Deletes about `rows` rows of an account whose removal has begun; false when nothing is left.
base::Result<bool> delete_account_portion(Connection& db, base::AccountId account,
                                          std::int64_t rows);
// The same without its own row: for an account that another one replaces.
base::Result<bool> delete_account_rows(Connection& db, base::AccountId account, std::int64_t rows);
struct RemovedAccount {
  base::AccountId id;
  Uuid uuid;  // names the folder of its blobs
};
// Those whose removal was begun and not finished.
base::Result<std::vector<RemovedAccount>> list_removed_accounts(Connection& db);

}  // namespace store
