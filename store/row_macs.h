// RowMacs: binds the readable columns of every row to each other and to the row's table and
// account, by a keyed hash in the column `mac`. Within store/.
//
//   mac = Vault::lookup() under the account's key, label "row mac", of
//         u8 length, table | for each covered column that is not NULL:
//         u8 length, name | type and value
//
// Resists an attacker who writes to the disk without the key: a row that was changed, moved or
// invented is not intact, and no reader returns it. Not detected: a missing row, and a row that was
// replaced by an older version of itself.
//
// Every connection reads a table `t` through the view `checked_t` (checked_views.h), which has the
// columns of `t` and a column `intact`. On the connection that writes, triggers make the MAC: of
// each new row, and of each changed row that was intact before; a row that was not intact stays so.
// The triggers are temporary: neither they nor the views are in the file, where nothing may be
// trusted (triggers and views of the file are switched off).
//
// Safe from any thread; the vault outlives it, and the connections too.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "store/checked_views.h"
#include "store/connection.h"
#include "store/row_layout.h"
#include "store/vault.h"

namespace store {

class RowMacs {
 public:
  static base::Result<std::shared_ptr<const RowMacs>> of(std::span<const Migration> steps,
                                                         const Vault& vault);
  static std::shared_ptr<const RowMacs> of(SchemaLayout layout, const Vault& vault);

  // Errc::forbidden when the tables of the database are not those of the last step.
  base::Result<> check_tables(Connection& db) const;
  // The views. Once for each connection.
  base::Result<> read_by(Connection& db) const;
  // The triggers; after read_by(). A start writes counters itself; the triggers of all other tables
  // take about as long as the rest of the start.
  enum class Tables { all, counters, others };
  base::Result<> write_by(Connection& db, Tables which = Tables::all) const;
  // Within the transaction of the step that adds the MACs, with the steps up to it, or of a new
  // store, which has rows of counters alone: the MACs of all rows as they are, in bounded memory,
  // with progress in the log. Before read_by().
  base::Result<> make_all(Connection& db, Tables which = Tables::all) const;
  // A later step that takes columns away, rewrites rows or adds tables: `after` are the MACs of the
  // schema as the step makes it. Before the step, each row of the tables that differ has in the
  // place of its MAC a mark that says whether it is intact: x'01', or empty. The step carries the
  // marks over, and gives new rows those of the rows that they are made of. Behind it,
  // make_marked() of `after` makes the MACs of the marked rows; the others stay what they were,
  // changed outside. Both within the step's transaction and before read_by().
  base::Result<> mark_intact(Connection& db, const RowMacs& after) const;
  base::Result<> make_marked(Connection& db, const RowMacs& before) const;

  // Connections that read the database at `path` from now on have the views: of a store that is
  // open in this process, by the path of its database. Ends with the answer.
  static std::shared_ptr<void> use_for(const std::string& path,
                                       std::shared_ptr<const RowMacs> macs);
  // Nothing when no store with MACs is open at this path.
  static std::shared_ptr<const RowMacs> used_for(const std::string& path);

 private:
  RowMacs(SchemaLayout layout, const Vault& vault);
  base::Result<> add_functions(Connection& db) const;
  std::string triggers_of(std::size_t table) const;
  bool is_one_of(Tables which, std::size_t table) const;
  // Sets the column `mac` of a table's rows, in bounded memory, with progress in the log.
  base::Result<> set_macs(Connection& db, std::size_t table, std::string_view value,
                          std::string_view condition) const;
  bool differs(const RowLayout& layout, const RowMacs& other) const;

  const SchemaLayout layout_;
  const std::shared_ptr<const CheckedViews> views_;
  const Vault& vault_;
};

}  // namespace store
