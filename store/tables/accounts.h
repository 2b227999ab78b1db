// Accounts' rows. They are read and written before a Scope of the account exists, so these
// functions take the connection and the vault; everything else about an account goes through a
// Scope.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "store/connection.h"
#include "store/tables/ways_in.h"
#include "store/vault.h"

namespace store {

struct AccountRow {
  base::AccountId id;
  Uuid uuid{};
  base::UnixMillis created_at = 0;
  bool io_on = true;
  std::int64_t position = 0;  // in the list of accounts; then by id
  // Sealed:
  crypto::WipingArray<32> seed;  // of the identity
  std::string profile;           // the name it was made with

  std::vector<WayIn> ways_in;  // at least one
};

// Accounts whose row and ways in open, but none whose removal has begun (account_removal.h), and
// the ids of those that do not open (decision 20).
struct AccountList {
  std::vector<AccountRow> rows;
  std::vector<base::AccountId> unreadable;
};

base::Result<AccountList> list_accounts(Connection& db, const Vault& vault);
// With its ways in, listed behind all others. The caller chooses the id: one that was never used
// (Tx::next_id).
base::Result<> insert_account(Connection& db, const Vault& vault, const AccountRow& row);

// Its place in the list.
base::Result<> set_account_position(Connection& db, base::AccountId account, std::int64_t position);
// For an account that is replaced by one of another store, in three writes or more
// (backup/landing.h): its number and place in the list stay. In between its record is empty, as
// during a removal, and no list has it.
struct StoredAccount {
  Uuid uuid{};
  base::UnixMillis created_at = 0;
  bool io_on = true;
  base::Bytes sealed;
};
base::Result<StoredAccount> load_stored_account(Connection& db, base::AccountId account);
base::Result<> empty_account(Connection& db, base::AccountId account, const Uuid& uuid,
                             base::UnixMillis created_at);
base::Result<> insert_empty_account(Connection& db, base::AccountId account, const Uuid& uuid);
base::Result<> fill_account(Connection& db, const Vault& vault, const AccountRow& row);
base::Result<> put_back_account(Connection& db, base::AccountId account,
                                const StoredAccount& stored);
// Of a uuid, whatever state it is in: its number, and whether its record is empty.
struct AccountOfUuid {
  base::AccountId id;
  bool empty = false;
};
base::Result<std::optional<AccountOfUuid>> find_account_of_uuid(Connection& db, const Uuid& uuid);

}  // namespace store
