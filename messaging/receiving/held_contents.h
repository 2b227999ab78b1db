// HeldContents: what was held for a group is judged again after the group's state changed: all that
// was there by then, some in each write, so that other writes pass between. Of a group one round is
// under way at a time; changes that come meanwhile make for one more. What a stop ends here is
// repeated by its senders, since it was not acknowledged.
//
// Safe from any thread.
#pragma once

#include <map>
#include <utility>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/group_state.h"

namespace messaging::receiving {

class HeldContents {
 public:
  explicit HeldContents(kernel::Core& core) : core_(core) {}

  // Answers at once.
  void begin(AccountId account, const GroupId& group);

 private:
  using Key = std::pair<AccountId, GroupId>;
  struct Place {
    std::int64_t at = 0;     // those up to this id are judged
    std::int64_t until = 0;  // the last one of this round; 0: looked for first
  };
  void go_on(const Key& key, const Place& place);
  void ended(const Key& key, bool good);
  static base::Result<Place> judge_some(const kernel::WriteContext& write, const GroupId& group,
                                        Place place);

  kernel::Core& core_;
  base::Mutex mutex_;
  std::map<Key, bool> rounds_ GUARDED_BY(mutex_);  // under way; true: one more is due
};

}  // namespace messaging::receiving
