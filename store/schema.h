// Migrations: the numbered steps from one schema to the next, given as data. Numbers count from 1
// without gaps; a released step never changes. PRAGMA user_version says which step a store is at.
//
// The store's own tables (store_meta, store_key, counter, event) are made beforehand and are not
// part of the list.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/connection.h"

namespace store {

class Vault;
struct StoreImage;

struct Migration {
  int number = 0;
  std::string_view name;
  std::string_view sql;  // STRICT tables
  // Of a step that has to open and seal rows, which SQL cannot: runs behind `sql` and before
  // `end_sql`. Such a step comes behind the one that adds the MACs of rows (row_macs.h), and its
  // rows have the marks of RowMacs::mark_intact() in the place of MACs.
  base::Result<> (*move_rows)(Connection& db, const Vault& vault) = nullptr;
  std::string_view end_sql = {};
  // Of the last step: the tables and indexes that all steps together leave, those of the store's
  // own among them (schema/whole.sql.h), the columns that MACs cover then (layout_text.h) and the
  // file of an empty store. Nothing has to run the steps to know what they make. Empty: the steps
  // are run.
  std::string_view whole = {};
  std::string_view layout = {};
  const StoreImage* image = nullptr;
};

inline constexpr std::int64_t kApplicationId = 0x50564544;  // "PVED"

// Brings the store up to the last step, each step in a transaction of its own: a failing step
// leaves the store at the one before. Errc::forbidden for a store of a newer schema, with both
// numbers, and for a database that is no store. `check_schema` only looks. For steps that move no
// rows, with foreign keys as they are; a store's other steps are Store::open's.
base::Result<> check_schema(Connection& db, std::span<const Migration> steps);
base::Result<> migrate(Connection& db, std::span<const Migration> steps);

}  // namespace store
