#include "messaging/mail/mail_carrier.h"

#include "messaging/kernel/core.h"
#include "messaging/mail/mail_load.h"
#include "messaging/mail/mail_turn.h"

namespace messaging::mail {

base::Result<std::unique_ptr<kernel::Load>> MailCarrier::load(RouteKey route) {
  if (transport_ == nullptr) return nullptr;
  EDGE_TRY(auto load, load_turn(core_, route, held_.held(route.first, core_.clock.uptime())));
  return std::unique_ptr<kernel::Load>(std::move(load));
}

void MailCarrier::carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
                        kernel::Protocol::Carried done) {
  const MailTurn::Around around{core_, *transport_, keys_, workers_, held_, introductions_};
  auto& turn = static_cast<TurnLoad&>(*load);  // load() returned this object
  std::make_shared<MailTurn>(around, route, std::move(turn.mails), failures, std::move(done))
      ->start();
}

bool MailCarrier::take_over(base::AccountId account) {
  return held_.take_over(account, core_.clock.uptime());
}

}  // namespace messaging::mail
