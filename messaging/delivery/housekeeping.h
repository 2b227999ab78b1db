// Housekeeping: the slow things, once a minute from the courier's thread. What was never
// acknowledged goes out again, what expired is reported, old marks go, each account's protocol does
// its own, and the time is written down. Answers at once: each account is a write of its own.
#pragma once

namespace messaging::groups {
class OwedStates;
}  // namespace messaging::groups
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

class Courier;

void keep_house(kernel::Core& core, Courier& courier, groups::OwedStates& owed_states);
// Writes down the time (steady_time.h); answers at once.
void keep_time(kernel::Core& core);

}  // namespace messaging::delivery
