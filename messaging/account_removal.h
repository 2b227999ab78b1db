// What is left in the store of accounts that are gone to every caller. It goes in portions, each a
// write of its own between others'; what a stop or a full disk interrupts goes on at the next
// start.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "store/store.h"

namespace messaging {

// Rows of one portion. `tight`: the disk is full, so that the log may not grow by much.
std::int64_t removal_portion(bool tight);
// Answers at once. The store outlives the last portion.
void remove_rest(store::Store& store, base::AccountId account, bool tight);
// At the start.
base::Result<> resume_removals(store::Store& store);

}  // namespace messaging
