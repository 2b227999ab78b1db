// MailCarrier: runs one turn of an account's route: composes a mail, hands it to the server, and
// writes the outcome to the outbox before the turn ends. What a server has accepted is delivered:
// its rows go. Until then a crash costs another try with the same Message-ID, which counts once at
// the other side.
//
// load() and carry() on the courier's thread; answers come on any.
#pragma once

#include <memory>
#include <string>

#include "messaging/kernel/protocol.h"
#include "messaging/mail/group_introductions.h"
#include "messaging/mail/mail_composer.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/mail_workers.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

class MailCarrier {
 public:
  // `transport` may be null: nothing is sent then.
  MailCarrier(kernel::Core& core, MailTransport* transport, OwnKeys& keys, MailWorkers& workers)
      : core_(core), transport_(transport), keys_(keys), workers_(workers) {}

  base::Result<std::unique_ptr<kernel::Load>> load(RouteKey route);
  void carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
             kernel::Protocol::Carried done);

 private:
  struct Turn;
  using TurnPtr = std::shared_ptr<Turn>;

  base::Result<> prepare(Turn& turn);
  void submit_next(const TurnPtr& turn);
  void answered(const TurnPtr& turn, SubmitReply reply);
  void accepted(const TurnPtr& turn);
  void give_up(const TurnPtr& turn, std::string why);

  kernel::Core& core_;
  MailTransport* const transport_;
  OwnKeys& keys_;
  MailWorkers& workers_;
  GroupIntroductions introductions_;
};

}  // namespace messaging::mail
