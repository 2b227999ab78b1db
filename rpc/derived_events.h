// Delta Chat's events that follow from others: clients of its API wait for them, and the event log
// omits them. Made for get_next_event alone.
//
//   SmtpMessageSent       before MsgDelivered
//   AccountsItemChanged   after a change of the account's own contact or address, not when it is
//   made ChatlistItemChanged   after the events of a commit, once for each chat they are about
//   IncomingMsgBunch      then, once for each account with an IncomingMsg among them
#pragma once

#include <span>
#include <vector>

#include "messaging/model/events.h"

namespace rpc {

// The events of one commit with the derived ones inserted. Channels' events are left out: they are
// for the listeners of their channels, and may be many.
std::vector<messaging::Event> with_derived(std::span<const messaging::Event> events);

}  // namespace rpc
