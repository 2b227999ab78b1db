// PendingStates: sends group states that became due to members because of another peer's message:
// one member after the other, a few in each write, and once per member however many changes arrived
// meanwhile. An update that reaches every member, and makes each of them send the state to all
// others, therefore costs each member at most one state per other member, at a bounded rate, and no
// write is long.
//
// A member who requests the state gets some answers at once, then one a minute: requests in between
// are answered together.
//
// The members of a new group of ours beyond the first ones learn of it in this way too: what is
// queued for them meanwhile waits in the outbox behind a place for the state.
//
// Pending states are rows of the store (store/tables/pending_states.h): after a stop or an
// exhausted budget maintenance resumes the work. (A change by our own user is sent in its own
// write.)
//
// Safe from any thread.
#pragma once

#include <map>
#include <utility>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/contact_budget.h"
#include "messaging/kernel/write_context.h"

namespace messaging::groups {

// In the writer's transaction. Marks the state as due to every present member, or to one member
// together with the picture; `cause` is the contact whose message made it due.
base::Result<> add_pending_state_for_all(const kernel::WriteContext& write,
                                         const chats::Group& group, ContactId cause);
base::Result<> add_pending_state(const kernel::WriteContext& write, const chats::Group& group,
                                 ContactId member);

class PendingStates {
 public:
  explicit PendingStates(kernel::Core& core);

  // Sends the states that are due in this group because of `cause`. Does not block.
  void begin(AccountId account, ChatId chat, ContactId cause);
  // Resumes all groups with states that are due.
  void resume(AccountId account);

 private:
  using Key = std::pair<AccountId, ChatId>;
  struct Slice {
    ContactId after;    // members up to this one were checked
    bool more = false;  // there are more members
  };
  struct Work {
    ContactId cause;
    bool again = false;  // members before the slice's position are due again
  };
  void go_on(const Key& key, ContactId after);
  base::Result<Slice> send_to_some(const kernel::WriteContext& write, ChatId chat, ContactId after,
                                   ContactId cause);
  void ended(const Key& key, bool good);

  kernel::Core& core_;
  kernel::ContactBudget caused_;
  kernel::ContactBudget sent_;
  kernel::ContactBudget asked_;
  base::Mutex mutex_;
  std::map<Key, Work> working_ GUARDED_BY(mutex_);
};

}  // namespace messaging::groups
