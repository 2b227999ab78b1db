// Deletes the data of accounts that were removed: first the files of their blobs, then their rows
// in portions, each a write of its own between others'. A removal that a stop, a crash or a full
// disk interrupts resumes at the next start.
#pragma once

#include "base/result.h"
#include "store/tables/account_removal.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

// Does not block; the file worker does the work. `tight`: the disk is full, so the write-ahead log
// must stay small.
void finish_removal(kernel::Core& core, const store::RemovedAccount& account, bool tight);
// At the start.
base::Result<> resume_removals(kernel::Core& core);

}  // namespace messaging
