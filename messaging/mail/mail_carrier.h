// MailCarrier: starts the turns of accounts' routes (mail_turn.h), and tracks the recipients whose
// rows they skip.
//
// load() and carry() on the courier's thread; answers come on any. Else safe from any thread.
#pragma once

#include <memory>

#include "messaging/kernel/protocol.h"
#include "messaging/mail/group_introductions.h"
#include "messaging/mail/held_recipients.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/mail_workers.h"
#include "messaging/mail/own_keys.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::mail {

class MailCarrier {
 public:
  // `transport` may be null: nothing is sent then.
  MailCarrier(kernel::Core& core, MailTransport* transport, OwnKeys& keys, MailWorkers& workers)
      : core_(core), transport_(transport), keys_(keys), workers_(workers) {}

  base::Result<std::unique_ptr<kernel::Load>> load(RouteKey route);
  void carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
             kernel::Protocol::Carried done);
  // True once for each recipient whose pause is over: there may be rows to send.
  bool take_over(base::AccountId account);
  void forget(base::AccountId account) { held_.forget(account); }

 private:
  kernel::Core& core_;
  MailTransport* const transport_;
  OwnKeys& keys_;
  MailWorkers& workers_;
  HeldRecipients held_;
  GroupIntroductions introductions_;
};

}  // namespace messaging::mail
