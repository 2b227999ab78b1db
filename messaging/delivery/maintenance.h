// Housekeeping: periodic work, once a minute on the courier's thread. Retransmits unacknowledged
// rows, reports expired messages, deletes old marks, runs the protocol's own periodic work, and
// saves the time. Does not block: each account is a write of its own.
#pragma once

namespace messaging::groups {
class PendingStates;
}  // namespace messaging::groups
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

class Courier;

void run_maintenance(kernel::Core& core, Courier& courier, groups::PendingStates& pending_states);
// Saves the time (steady_time.h); does not block.
void keep_time(kernel::Core& core);

}  // namespace messaging::delivery
