// Signals: work that a write triggers after its commit in parts that run by themselves: delivery,
// expiry, group work in further writes. Rules that write know this interface and none of those
// parts. WriteContext::signal() calls a verb after the commit.
//
// Called on the writer's thread; every verb returns at once. Safe from any thread.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "messaging/model/group_state.h"
#include "messaging/model/realtime_content.h"

namespace messaging::kernel {

class Signals {
 public:
  virtual ~Signals() = default;

  // The outbox has rows to send on this route.
  virtual void route_ready(base::AccountId account, std::int64_t route) = 0;
  // Receipts are pending for the contact; they are sent together a moment later.
  virtual void receipts_pending(base::AccountId account, base::ContactId contact) = 0;
  // There is a link with the contact, and further rows wait to be prepared for it.
  virtual void link_usable(base::AccountId account, base::ContactId contact) = 0;
  // Contacts have an earlier profile of the account, or more contacts than one write reaches.
  virtual void profile_changed(base::AccountId account) = 0;
  // The account changed its relay, has none any more, or is not to be reached.
  virtual void relay_changed(base::AccountId account) = 0;
  // A peer sent something on this route: retries need not wait.
  virtual void route_answered(base::AccountId account, std::int64_t route) = 0;

  // The contact's copy of the manifest may be out of date. `anew`: the contact may have lost it.
  virtual void manifest_due(base::AccountId account, base::ContactId contact, bool anew) = 0;
  // A contact asked this device for a command.
  virtual void device_asked(base::AccountId account) = 0;

  // A contact's copy of a running app sent something to ours.
  virtual void realtime_arrived(base::AccountId account, base::ContactId contact, base::MsgId app,
                                RealtimeKind kind, const base::Bytes& data) = 0;

  // The next end of access to a protected file, of a message's timer or of a ringing call has
  // changed.
  virtual void windows_changed(base::AccountId account) = 0;
  // Access to this file ended: open reads of it stop.
  virtual void access_ended(base::AccountId account, base::FileId file) = 0;

  // The group's state is pending for members (store/tables/pending_states.h) because of a message
  // of `cause`.
  virtual void states_pending(base::AccountId account, base::ChatId chat,
                              base::ContactId cause) = 0;
  // The group's state changed: contents that are held for it are checked again.
  virtual void group_changed(base::AccountId account, const GroupId& group) = 0;
};

}  // namespace messaging::kernel
