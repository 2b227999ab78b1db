// Counters: the numbers of a kind that were given out per account, kept in the table `counter` and
// stepped in the transaction that uses the number, so that a committed number never comes twice.
// Within store/; messaging asks Tx::next_id().
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

// The next number, or `first` for a counter that did not exist. Where the table of the counter's
// name has rows, the counter was lost: then it continues well above them.
base::Result<std::int64_t> next_number(Connection& db, base::AccountId account,
                                       std::string_view name, std::int64_t first);
// Makes a counter whose last number was `last`, unless it exists.
base::Result<> prepare_counter(Connection& db, base::AccountId account, std::string_view name,
                               std::int64_t last);
// The last number given out; 0 for a counter that does not exist.
base::Result<std::int64_t> read_counter(Connection& db, base::AccountId account,
                                        std::string_view name);

// At the start: counters whose MAC does not fit continue above the stored rows, so that no number
// comes twice.
base::Result<> mend_counters(Connection& db);

}  // namespace store
