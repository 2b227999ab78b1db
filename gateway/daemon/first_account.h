// FirstAccount: makes account 1 one of mail at its first start (--mail-account). A server that is
// not reached is tried again; a login that is refused is said in the log and tried at the next
// start.
//
// Loop thread, before the engine ends.
#pragma once

#include <memory>
#include <string>

#include "gateway/loop/event_loop.h"
#include "messaging/api/engine.h"

namespace gateway {

class FirstAccount {
 public:
  // `link`: dcaccount:… or dclogin:…
  FirstAccount(EventLoop& loop, messaging::Engine& engine, std::string link);
  ~FirstAccount();
  // Does nothing when account 1 has a mail login, or is a native account.
  void start();

 private:
  void attempt();
  void on_answer(const base::Result<>& added);

  EventLoop& loop_;
  messaging::Engine& engine_;
  const std::string link_;
  Timer timer_;
  int failures_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gateway
