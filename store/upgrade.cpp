#include "store/upgrade.h"

#include <fmt/format.h>

#include "store/row_macs.h"
#include "store/transaction.h"

namespace store {
namespace {

// The last of these steps, behind the one that adds the MACs, in a transaction of its own.
base::Result<> run_later_step(Connection& db, const Vault& vault,
                              std::span<const Migration> so_far) {
  EDGE_TRY(const auto before, RowMacs::of(so_far.first(so_far.size() - 1), vault));
  EDGE_TRY(const auto after, RowMacs::of(so_far, vault));
  EDGE_TRY(Transaction transaction, Transaction::begin(db));
  EDGE_CHECK(before->mark_intact(db, *after));
  EDGE_CHECK(run_step(db, so_far.back(), &vault));
  EDGE_CHECK(after->make_marked(db, *before));
  return transaction.commit();
}

}  // namespace

base::Result<> run_step(Connection& db, const Migration& step, const Vault* vault) {
  const auto run = [&]() -> base::Result<> {
    EDGE_CHECK(db.script(step.sql));
    if (step.move_rows != nullptr && vault != nullptr) EDGE_CHECK(step.move_rows(db, *vault));
    EDGE_CHECK(db.script(step.end_sql));
    return db.script(fmt::format("PRAGMA user_version={}", step.number));
  };
  return run().with_context(fmt::format("migration {} ({})", step.number, step.name));
}

base::Result<> run_later_steps(Connection& db, const Vault& vault, std::int64_t from,
                               std::span<const Migration> steps) {
  // A step may make a table anew under its name; what refers to its rows stays as it is.
  EDGE_CHECK(db.script("PRAGMA foreign_keys=OFF"));
  for (auto done = static_cast<std::size_t>(from); done < steps.size(); ++done) {
    EDGE_CHECK(run_later_step(db, vault, steps.first(done + 1)));
  }
  return db.script("PRAGMA foreign_keys=ON");
}

}  // namespace store
