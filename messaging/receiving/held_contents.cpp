#include "messaging/receiving/held_contents.h"

#include "base/log.h"
#include "messaging/kernel/core.h"
#include "messaging/receiving/group_receiving.h"
#include "store/tables/group_held.h"

namespace messaging::receiving {

void HeldContents::begin(AccountId account, const GroupId& group) {
  const Key key{account, group};
  {
    base::Lock lock(mutex_);
    const auto [round, fresh] = rounds_.try_emplace(key, false);
    if (!fresh) {
      round->second = true;
      return;
    }
  }
  go_on(key, {});
}

void HeldContents::go_on(const Key& key, const Place& place) {
  core_.write<Place>(
      key.first,
      [this, group = key.second, place](store::Tx& tx, const store::Scope& scope,
                                        const kernel::AccountState& state) {
        return judge_some({core_, tx, scope, state}, group, place);
      },
      [this, key](base::Result<Place> reached) {
        if (reached && reached->at < reached->until) return go_on(key, *reached);
        if (!reached && !core_.closing) {
          base::log::warning("account {}: what is held for a group could not be judged: {}",
                             key.first.value, reached.error().message);
        }
        ended(key, reached.ok());
      });
}

void HeldContents::ended(const Key& key, bool good) {
  {
    base::Lock lock(mutex_);
    const auto round = rounds_.find(key);
    if (!good || !round->second) {
      rounds_.erase(round);
      return;
    }
    round->second = false;
  }
  go_on(key, {});
}

base::Result<HeldContents::Place> HeldContents::judge_some(const kernel::WriteContext& write,
                                                           const GroupId& group, Place place) {
  if (place.until == 0) {
    EDGE_TRY(place.until, store::last_held_content(write.scope, group));
    if (place.until == 0) return place;
  }
  EDGE_TRY(place.at, judge_held(write, group, place.at, place.until));
  return place;
}

}  // namespace messaging::receiving
