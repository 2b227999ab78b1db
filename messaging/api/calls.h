// Calls of an account, placed and received. The callers' programs exchange offers and answers of
// WebRTC, which are carried unread; sound and pictures take another way. A call's message has the
// view type call. Safe from any thread.
#pragma once

#include <string>

#include "base/completion.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class Calls {
 public:
  explicit Calls(kernel::Core& core) : core_(core) {}

  // Completes with the call's message once it is queued.
  void place(AccountId account, ChatId chat, std::string info, bool video,
             base::Completion<MsgId> done);
  // Without effect on a call that no longer rings.
  void accept(AccountId account, MsgId call, std::string info, base::Completion<> done);
  // Declines, cancels or hangs up. Without effect on a call that ended.
  void end(AccountId account, MsgId call, base::Completion<> done);
  base::Result<Call> get(AccountId account, MsgId call) const;

  // JSON: the servers by which the callers' programs find each other.
  const std::string& ice_servers() const;

  // Ends the calls that nobody answered in time.
  void expire(AccountId account, base::Completion<> done);

 private:
  kernel::Core& core_;
};

}  // namespace messaging
