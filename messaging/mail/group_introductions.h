// GroupIntroductions: when each group was last sent what its members may lack: each other's keys,
// the description, the picture. Delta Chat's core sends keys again after two days. In memory: after
// a start every group is introduced once more. Safe from any thread.
#pragma once

#include <map>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "messaging/model/card.h"
#include "messaging/model/group_state.h"

namespace messaging::mail {

class GroupIntroductions {
 public:
  // Whether a mail with this content must introduce the group. The answer for one content is the
  // same however often it is composed.
  bool due(base::AccountId account, const GroupId& group, const Uuid& content, base::Millis now) {
    constexpr base::Millis kAgain = 2 * 24 * 3600 * base::Millis{1000};
    base::Lock lock(mutex_);
    const auto found = introduced_.find({account, group});
    if (found == introduced_.end()) return true;
    const auto& [at, by] = found->second;
    return by == content || now - at >= kAgain;
  }
  // A mail with this content introduces the group. Not called for contents that become no mail.
  void note(base::AccountId account, const GroupId& group, const Uuid& content, base::Millis now) {
    base::Lock lock(mutex_);
    introduced_[{account, group}] = {now, content};
  }

 private:
  base::Mutex mutex_;
  std::map<std::pair<base::AccountId, GroupId>, std::pair<base::Millis, Uuid>> introduced_
      GUARDED_BY(mutex_);
};

}  // namespace messaging::mail
