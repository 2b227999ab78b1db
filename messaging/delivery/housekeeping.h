// Housekeeping: the slow things, once a minute from the courier's thread. What was never
// acknowledged goes out again, what expired is reported, what waits for a session asks for one
// again, contacts hear of a changed profile, old marks go, and the time is written down. Answers at
// once: each account is a write of its own.
#pragma once

namespace messaging {

class Core;
class Courier;
class Incoming;
class OwedStates;

void keep_house(Core& core, Courier& courier, Incoming& incoming, OwedStates& owed_states);
// Writes down the time (steady_time.h); answers at once.
void keep_time(Core& core);

}  // namespace messaging
