// OwedStates: the states of groups that members are owed because of what somebody else sent. They
// are told one member after the other, a few in each write, and each member once however many
// changes came meanwhile. So an update that goes to every member, and makes every member tell all
// others, costs as many states as there are members, at a pace, and no write is long.
//
// A member who asks for the state gets some answers at once, then one a minute: what it asked
// meanwhile is one question.
//
// Who is owed is in the store (store/tables/owed_states.h): what a stop or an empty budget ends
// here goes on with housekeeping. (A change that our own user made is told in its own write.)
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

// In the writer's transaction. Every present member is owed the state, or one member is, with the
// picture too; `cause` is whose message made it so.
base::Result<> owe_state_to_all(const kernel::WriteContext& write, const chats::Group& group,
                                ContactId cause);
base::Result<> owe_state(const kernel::WriteContext& write, const chats::Group& group,
                         ContactId member);

class OwedStates {
 public:
  explicit OwedStates(kernel::Core& core);

  // What this group owes, because of what `cause` sent. Answers at once.
  void begin(AccountId account, ChatId chat, ContactId cause);
  // What is owed still, of all groups.
  void resume(AccountId account);

 private:
  using Key = std::pair<AccountId, ChatId>;
  struct Slice {
    ContactId after;    // members up to this one were looked at
    bool more = false;  // there are others
  };
  struct Work {
    ContactId cause;
    bool again = false;  // members before the slice's place are owed too
  };
  void go_on(const Key& key, ContactId after);
  base::Result<Slice> tell_some(const kernel::WriteContext& write, ChatId chat, ContactId after,
                                ContactId cause);
  void ended(const Key& key, bool good);

  kernel::Core& core_;
  kernel::ContactBudget caused_;
  kernel::ContactBudget told_;
  kernel::ContactBudget asked_;
  base::Mutex mutex_;
  std::map<Key, Work> working_ GUARDED_BY(mutex_);
};

}  // namespace messaging::groups
