#include "messaging/peering/transport.h"

namespace messaging::peering {

DepositReply reply_of(const ArrivalReply& reply) {
  DepositReply out;
  out.retry_after = reply.retry_after;
  out.peer_time = reply.our_time;
  switch (reply.verdict) {
    case ArrivalVerdict::stored:
      out.outcome = DepositOutcome::stored;
      break;
    case ArrivalVerdict::unproven:
    case ArrivalVerdict::malformed:
      out.outcome = DepositOutcome::refused;
      break;
    case ArrivalVerdict::too_large:
      out.outcome = DepositOutcome::too_large;
      break;
    case ArrivalVerdict::clock:
    case ArrivalVerdict::too_many:
    case ArrivalVerdict::unavailable:
    case ArrivalVerdict::full:
      out.outcome = DepositOutcome::busy;
      break;
  }
  return out;
}

}  // namespace messaging::peering
