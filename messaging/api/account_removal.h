// What is left in the store of accounts that are gone to every caller: first its blobs' files, then
// its rows in portions, each a write of its own between others'. What a stop, a crash or a full
// disk interrupts goes on at the next start.
#pragma once

#include "base/result.h"
#include "store/tables/account_removal.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

// Answers at once; the file worker goes on. `tight`: the disk is full, so that the log may not grow
// by much.
void finish_removal(kernel::Core& core, const store::RemovedAccount& account, bool tight);
// At the start.
base::Result<> resume_removals(kernel::Core& core);

}  // namespace messaging
