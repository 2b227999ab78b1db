// HeldContents: applies the contents that are held for a group again after its state changed: all
// that are held by then, some in each write, so that other writes run in between. One round per
// group is under way at a time; changes meanwhile cause one more round. After a stop the senders
// retransmit contents that were not applied, since those are not acknowledged.
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

  // Does not block.
  void begin(AccountId account, const GroupId& group);

 private:
  using Key = std::pair<AccountId, GroupId>;
  struct Place {
    std::int64_t at = 0;     // contents up to this id are processed
    std::int64_t until = 0;  // the last id of this round; 0: not determined yet
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
