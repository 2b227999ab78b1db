// Landing: a StagedAccount takes the place of an account of the store that nobody uses yet, under
// its number. A large account lands in many writes, so that others' go on between them:
//
//   begin_landing    the account's few rows are set aside in `account_import`; its record is empty
//   land_rows        the rows, a portion in each write
//   finish_landing   the record: from this write on the account is the one that came
//
// Until the last write no list has the account. undo_landing() restores the rows that were set
// aside, after any failure and at the next start after a kill (undo_landings): so the store has the
// old account or the new one, never a part.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "store/backup/staged_account.h"
#include "store/tables/accounts.h"

namespace store {
class Store;
class Tx;
}  // namespace store

namespace store::backup {

// Errc::already_exists when the account is in use, or the one that comes is here already;
// Errc::unavailable while the latter is being removed. The vault has its key afterwards.
base::Result<> begin_landing(Tx& tx, base::AccountId account, const DumpHead& comes);
// The sealed files get the account's folder. After begin_landing was committed.
base::Result<> land_files(Store& store, StagedAccount& staged);
// Blocks; not on the writer's thread.
base::Result<> land_rows(Store& store, base::AccountId account, StagedAccount& staged,
                         const std::stop_token& stop, const Progress& progress);
// The last write: the account's record. Returns the account that it replaces, whose files are then
// to be removed.
struct Landed {
  AccountRow row;
  Uuid had{};
};
base::Result<Landed> finish_landing(Tx& tx, base::AccountId account, const DumpHead& comes);
// Blocks; not on the writer's thread.
base::Result<> undo_landing(Store& store, base::AccountId account);
// Undoes everything that a killed process left. Call before accounts are listed.
base::Result<> undo_landings(Store& store);

// Whether the account is unused: no contacts, chats or messages of its own.
base::Result<bool> is_unused(Connection& db, base::AccountId account);

}  // namespace store::backup
