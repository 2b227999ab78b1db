// RowLayout: which columns of a table a row's MAC covers, read from the schema as the migrations of
// this program make it, never from the store's file. Within store/.
//
// A table with a column `mac` has a layout. The MAC covers every other column, with two exceptions:
//   - of a sealed column (`sealed` or `…_sealed`) its version and nonce, which stand for the rest,
//     since the seal authenticates the whole value;
//   - not the columns of kLeftOut, which are long and authenticated by other means.
// A later step may add columns behind `mac`: while such a column has its default value, the MAC
// leaves the column out, so that rows from before the step stay intact.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/row_text.h"
#include "store/schema.h"

struct sqlite3_value;

namespace store {

struct RowColumn {
  std::string name;
  bool sealed = false;
  std::optional<base::Bytes> left_out_value =
      {};  // write_value() of the default, for added columns
  friend bool operator==(const RowColumn&, const RowColumn&) = default;
};

struct RowLayout {
  std::string table;
  // The column whose value names the account that the row belongs to: `account_id`, `uuid` in the
  // table of accounts; empty for rows of the whole store.
  std::string owner;
  std::vector<std::string> key;  // that finds a row: `rowid`, or the primary key
  std::vector<RowColumn> columns;
};

// A table or an index as sqlite_schema shows it, without comments, quotes and blanks.
struct SchemaItem {
  std::string name;
  std::string text;
  friend bool operator==(const SchemaItem&, const SchemaItem&) = default;
};

struct SchemaLayout {
  std::vector<RowLayout> tables;
  std::vector<SchemaItem> items;  // by name
};

// The number of the step that adds the MACs; 0: none does.
std::int64_t row_mac_step(std::span<const Migration> steps);
// What the last step says of it; else the steps, or what the last one says that they make, are run
// on an empty database in memory.
base::Result<SchemaLayout> layout_of(std::span<const Migration> steps);
// What the steps make, as statements without comments: Migration::whole.
base::Result<std::string> whole_schema(std::span<const Migration> steps);
// The tables, indexes, triggers and views of an open database, by name.
base::Result<std::vector<SchemaItem>> schema_items(Connection& db);

// Appends type and content of a column, of a sealed one what stands for it. False for NULL, of
// which nothing is written.
bool write_value(RowText& out, sqlite3_value* value, bool sealed);

}  // namespace store
