// Whether the machine at the other end of a TCP connection vanished without closing it.
#pragma once

#include "base/clock.h"

namespace gateway {

// A machine that lost its power closes nothing: what we sent stays unacknowledged. A reader that
// merely stalls does acknowledge, if only the probes of its closed window. False for sockets that
// are not TCP.
bool peer_vanished(int fd, base::Millis silence_allowed);

}  // namespace gateway
