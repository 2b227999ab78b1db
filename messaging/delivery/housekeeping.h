// Housekeeping: the slow things, once a minute from the courier's thread. What was never
// acknowledged goes out again, what expired is reported, old marks go, each account's protocol does
// its own, and the time is written down. Answers at once: each account is a write of its own.
#pragma once

namespace messaging {

class Core;
class Courier;
class OwedStates;

void keep_house(Core& core, Courier& courier, OwedStates& owed_states);
// Writes down the time (steady_time.h); answers at once.
void keep_time(Core& core);

}  // namespace messaging
