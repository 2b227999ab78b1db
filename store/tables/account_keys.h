// Keys of accounts that came from another store (a backup, another gateway): their rows stay sealed
// under the key that they were sealed under there. It is kept sealed under this store's own key,
// and every other account's key is derived from that (vault.h). Beside the accounts' tables and
// read before any of them, because the MACs of an account's rows are made with its key.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "store/connection.h"
#include "store/vault.h"

namespace store {

base::Result<> insert_account_key(Connection& db, const Vault& vault, base::AccountId account,
                                  const Uuid& uuid, const crypto::Secret<32>& key);
base::Result<> delete_account_key(Connection& db, base::AccountId account);
// Gives the vault all that are stored. One that does not open is as none: its account's rows do not
// open either (decision 20). Where the table is not there yet there are none.
base::Result<> load_account_keys(Connection& db, const Vault& vault);

}  // namespace store
