// Maintenance: periodic work, once a minute on the courier's thread. Retransmits unacknowledged
// rows, reports expired messages, deletes old marks, runs the protocol's own periodic work, and
// saves the time. Does not block: each account is a write of its own, and few of them wait at once.
#pragma once

#include <memory>

namespace messaging::groups {
class PendingStates;
}  // namespace messaging::groups
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

class Courier;

// `round`: the accounts' writes of the last call. No others are begun while they are under way.
void run_maintenance(kernel::Core& core, Courier& courier, groups::PendingStates& pending_states,
                     std::weak_ptr<const void>& round);
// Saves the time (steady_time.h); does not block.
void keep_time(kernel::Core& core);

}  // namespace messaging::delivery
