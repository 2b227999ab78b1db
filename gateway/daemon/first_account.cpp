#include "gateway/daemon/first_account.h"

#include <algorithm>

#include "base/log.h"
#include "messaging/mail/mail_accounts.h"

namespace gateway {
namespace {

constexpr base::AccountId kFirstAccount{1};
constexpr base::Millis kFirstRetry = 5'000;
constexpr base::Millis kLongestRetry = 300'000;

}  // namespace

FirstAccount::FirstAccount(EventLoop& loop, messaging::Engine& engine, std::string link)
    : loop_(loop), engine_(engine), link_(std::move(link)), timer_(loop, [this] { attempt(); }) {}

FirstAccount::~FirstAccount() { *alive_ = false; }

void FirstAccount::start() {
  if (engine_.mail_accounts() == nullptr) {
    base::log::error("--mail-account has no effect: this build was made without e-mail");
    return;
  }
  const auto account = engine_.accounts().get(kFirstAccount);
  if (!account) {
    base::log::error("--mail-account has no effect: {}", account.error().message);
    return;
  }
  const auto logins = engine_.mail_accounts()->list(kFirstAccount);
  if (logins && !logins->empty()) return;
  if (account->configured) {
    base::log::warning(
        "--mail-account has no effect: account 1 is a gateway's own since its first start; add "
        "another account for e-mail (add_account, add_transport_from_qr)");
    return;
  }
  attempt();
}

void FirstAccount::attempt() {
  engine_.mail_accounts()->add_by_link(kFirstAccount, link_,
                                       [this, alive = alive_, &loop = loop_](base::Result<> added) {
                                         loop.post([this, alive, added = std::move(added)] {
                                           if (*alive) on_answer(added);
                                         });
                                       });
}

void FirstAccount::on_answer(const base::Result<>& added) {
  if (added) {
    const auto account = engine_.accounts().get(kFirstAccount);
    base::log::info("account 1 is {}", account ? account->addr : std::string("one of e-mail"));
    return;
  }
  if (added.error().code != base::Errc::unavailable) {
    base::log::error("--mail-account: {}; the next start tries it again", added.error().message);
    return;
  }
  const base::Millis pause = std::min(kFirstRetry << std::min(failures_++, 10), kLongestRetry);
  base::log::warning("--mail-account: {}; it is tried again in {} s", added.error().message,
                     pause / 1000);
  timer_.arm(pause);
}

}  // namespace gateway
