// Signals: what a write sets off once it is committed, in parts that run by themselves: delivery,
// the expiry of windows, work on groups that goes on in other writes. The rules that write know
// this interface and none of those parts. WriteContext::signal() calls a verb after the commit.
//
// Called on the writer's thread, which every verb gives back at once. Safe from any thread.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "messaging/model/group_state.h"
#include "messaging/model/realtime_content.h"

namespace messaging::kernel {

class Signals {
 public:
  virtual ~Signals() = default;

  // The outbox has something to send on this route.
  virtual void route_ready(base::AccountId account, std::int64_t route) = 0;
  // Receipts are pending for the contact; they are sent together a moment later.
  virtual void receipts_pending(base::AccountId account, base::ContactId contact) = 0;
  // There is a link with the contact, and more waits to be prepared for it.
  virtual void link_usable(base::AccountId account, base::ContactId contact) = 0;
  // Contacts were sent another profile than the account has now, or more of them than one write
  // reaches.
  virtual void profile_changed(base::AccountId account) = 0;
  // The account is reached through another relay, through none any more, or is not to be reached.
  virtual void relay_changed(base::AccountId account) = 0;
  // Something came from the peer at this route: retries there need not wait.
  virtual void route_answered(base::AccountId account, std::int64_t route) = 0;

  // The manifest that the contact was sent may be out of date. `anew`: the contact may have lost
  // it.
  virtual void manifest_due(base::AccountId account, base::ContactId contact, bool anew) = 0;
  // A contact asked this device for a command.
  virtual void device_asked(base::AccountId account) = 0;

  // A running app of the contact said something to this one of ours.
  virtual void realtime_arrived(base::AccountId account, base::ContactId contact, base::MsgId app,
                                RealtimeKind kind, const base::Bytes& data) = 0;

  // Access to protected files ends, messages vanish or calls ring out at other times than before.
  virtual void windows_changed(base::AccountId account) = 0;
  // Access to this file ended: whoever reads it stops.
  virtual void access_ended(base::AccountId account, base::FileId file) = 0;

  // The group's state is pending for members (store/tables/pending_states.h) because of what
  // `cause` sent.
  virtual void states_pending(base::AccountId account, base::ChatId chat,
                              base::ContactId cause) = 0;
  // The group's state changed: what is held for it is judged again.
  virtual void group_changed(base::AccountId account, const GroupId& group) = 0;
};

}  // namespace messaging::kernel
