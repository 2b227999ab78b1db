#include "store/making_ready.h"

#include <algorithm>
#include <span>

#include "store/counter.h"
#include "store/event_log.h"
#include "store/master_key.h"
#include "store/repair.h"
#include "store/row_layout.h"
#include "store/transaction.h"
#include "store/upgrade.h"

namespace store {
namespace {

// The step that adds the MACs, within the caller's transaction: columns, MACs of the rows that are
// there, and, unless the store is new and was wrapped so, the wrapping that says so.
base::Result<> add_row_macs(Connection& db, const Vault& vault, bool is_new,
                            const StoreOptions& options) {
  const std::span<const Migration> steps = options.migrations;
  const auto so_far = steps.first(static_cast<std::size_t>(row_mac_step(steps)));
  const auto run = [&]() -> base::Result<> {
    EDGE_TRY(const auto macs, RowMacs::of(so_far, vault));
    EDGE_CHECK(macs->make_all(db));
    if (!is_new) EDGE_CHECK(wrap_for_row_macs(db, options.key, *options.clock));
    return {};
  };
  EDGE_CHECK(run_step(db, so_far.back(), nullptr));
  return run().with_context("MACs of rows");
}

// All steps of a new store are one transaction: its wrapping says from the beginning that its rows
// have MACs, and a start that dies between two steps would leave a store that looks turned back.
base::Result<> make_schema(Connection& db, const Vault& vault, const StoreOptions& options) {
  const std::int64_t macs_at = row_mac_step(options.migrations);
  EDGE_TRY(Transaction transaction, Transaction::begin(db));
  for (const Migration& step : options.migrations) {
    EDGE_CHECK(step.number == macs_at ? add_row_macs(db, vault, true, options)
                                      : run_step(db, step, nullptr));
  }
  return transaction.commit();
}

base::Result<> upgrade(Connection& db, const Vault& vault, std::int64_t from,
                       const StoreOptions& options) {
  const std::span<const Migration> steps = options.migrations;
  const std::int64_t macs_at = row_mac_step(steps);
  if (macs_at == 0) return migrate(db, steps);
  if (from < macs_at) {
    EDGE_CHECK(migrate(db, steps.first(static_cast<std::size_t>(macs_at - 1))));
    EDGE_TRY(Transaction transaction, Transaction::begin(db));
    EDGE_CHECK(add_row_macs(db, vault, false, options));
    EDGE_CHECK(transaction.commit());
  }
  return run_later_steps(db, vault, std::max(from, macs_at), steps);
}

}  // namespace

base::Result<> make_ready(Connection& db, const Vault& vault, const StoreOptions& options,
                          std::shared_ptr<const RowMacs>& macs) {
  const std::span<const Migration> steps = options.migrations;
  EDGE_TRY(const auto version, db.integer("PRAGMA user_version"));
  if (!steps.empty() && version != steps.back().number) {
    EDGE_CHECK(quick_check(db).with_context("bring the store to this version"));
    const std::int64_t from = version.value_or(0);
    EDGE_CHECK(from == 0 ? make_schema(db, vault, options) : upgrade(db, vault, from, options));
  }
  if (!macs) {
    EDGE_TRY(macs, RowMacs::of(steps, vault));
    EDGE_CHECK(macs->check_tables(db));
  }
  EDGE_CHECK(macs->read_by(db));
  EDGE_CHECK(macs->write_by(db, RowMacs::Tables::counters));
  if (row_mac_step(options.migrations) > 0) {
    const auto mended = mend_counters(db);
    if (!mended && mended.error().code != base::Errc::corrupt) return mended.error();
  }
  const auto newest = EventLog::newest(db);
  if (!newest && newest.error().code == base::Errc::corrupt) return {};  // reads continue
  if (!newest) return newest.error();
  if (!newest->valid()) EDGE_CHECK(EventLog::prepare(db));  // the counter was lost in a repair
  return {};
}

}  // namespace store
