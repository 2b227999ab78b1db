// StagedAccount: an incoming account beside the store, until all of it has arrived and was checked:
// DIR/import-<random>/ with a database of its rows and the sealed files. Rows of an older schema
// are migrated here. The store is not touched before, so a stream that is damaged, ends early or is
// stopped leaves it unchanged. The next start removes what a killed process leaves
// (remove_leftovers).
//
// Sealed columns stay sealed, under the account's key. The database is never synced, because no
// later process uses it. One thread at a time.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/backup/account_dump.h"
#include "store/backup/carried_tables.h"
#include "store/backup/record_stream.h"
#include "store/connection.h"
#include "store/row_macs.h"
#include "store/schema.h"
#include "store/vault.h"

namespace store::backup {

class StagedAccount {
 public:
  // Reads the stream to its end, in bounded memory.
  static base::Result<std::unique_ptr<StagedAccount>> read(const std::string& dir,
                                                           RecordSource& source,
                                                           std::span<const Migration> steps,
                                                           const std::stop_token& stop,
                                                           const Progress& progress);
  ~StagedAccount();  // removes the folder
  StagedAccount(const StagedAccount&) = delete;
  StagedAccount& operator=(const StagedAccount&) = delete;

  const DumpHead& head() const { return head_; }
  std::string blobs_dir() const { return dir_ + "/blobs"; }
  Connection& rows() { return *db_; }
  static constexpr base::AccountId kAccount{1};  // in its own database
  base::Result<std::vector<CarriedTable>> tables() { return carried_tables(*db_); }

  static void remove_leftovers(const std::string& dir);

 private:
  class Filling;
  explicit StagedAccount(std::string dir);
  base::Result<> open_rows(std::span<const Migration> steps, bool writes);
  base::Result<> upgrade_rows(std::span<const Migration> steps);

  const std::string dir_;
  DumpHead head_;
  std::unique_ptr<const Vault> vault_;  // has the account's key; outlives the connection
  std::shared_ptr<const RowMacs> macs_;
  std::unique_ptr<Connection> db_;
};

}  // namespace store::backup
