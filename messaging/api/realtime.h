// Realtime: data between copies of a webxdc app that run at the same time. It goes to the members
// of the app's chat whose copy said that it runs. Data that cannot be sent within seconds is
// dropped, and none survives a restart. Its events are in no log: each listener gets them once.
//
// Bounded: the size of data, and the rate at which an app sends and a contact delivers. More is
// refused when sent and dropped when received. Safe from any thread.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/completion.h"
#include "base/mutex.h"
#include "messaging/model/events.h"
#include "messaging/model/realtime_content.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class Realtime {
 public:
  using Listener = std::function<void(const Event&)>;

  explicit Realtime(kernel::Core& core) : core_(core) {}
  void on_events(Listener listener) { listener_ = std::move(listener); }  // before the start

  // Our copy listens from now on, until leave() or the end of the daemon; the others are notified.
  void advertise(AccountId account, MsgId app, base::Completion<> done);
  // Advertises if that was not done yet. Completes once the data is under way to the listeners.
  void send(AccountId account, MsgId app, base::Bytes data, base::Completion<> done);
  void leave(AccountId account, MsgId app, base::Completion<> done);

  // A note of a contact arrived. On the writer's thread.
  void arrived(AccountId account, ContactId contact, MsgId app, RealtimeKind kind,
               const base::Bytes& data);

 private:
  using App = std::pair<AccountId, MsgId>;
  static constexpr std::size_t kMostApps = 1000;   // that listen here
  static constexpr std::size_t kMostPeers = 1000;  // of an app

  bool join(const App& app);
  std::set<ContactId> peers_of(const App& app) const;
  // Sends to these peers, or to the whole chat. A peer that cannot be sent to is removed.
  void send_note(const App& app, RealtimeKind kind, base::Bytes data,
                 std::optional<std::set<ContactId>> to, base::Completion<> done);
  void forget_peer(const App& app, ContactId contact);

  kernel::Core& core_;
  Listener listener_;
  mutable base::Mutex mutex_;
  std::map<App, std::set<ContactId>> apps_ GUARDED_BY(mutex_);  // that listen, with their peers
  base::Budget<std::uint64_t> sends_ GUARDED_BY(mutex_){{100, 200}};
  base::Budget<std::uint64_t> arrivals_ GUARDED_BY(mutex_){{100, 200}};
};

}  // namespace messaging
