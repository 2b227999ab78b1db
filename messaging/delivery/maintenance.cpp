#include "messaging/delivery/maintenance.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "base/function.h"
#include "base/log.h"
#include "messaging/delivery/courier.h"
#include "messaging/groups/giving_up.h"
#include "messaging/groups/pending_states.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/write_context.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/group_receiving.h"
#include "store/tables/group_held.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_receipts.h"
#include "store/tables/steady_times.h"

namespace messaging::delivery {
namespace {

using Done = base::UniqueFunction<void(bool)>;

// `done`: whether there was room for the write.
void keep_account(kernel::Core& core, Courier& courier, base::AccountId account, Done done) {
  const bool may_expire = !core.steady->suspect() && core.steady->running() >= kExpireGrace;
  core.write<std::int64_t>(
      account,
      [&core, may_expire](store::Tx& tx, const store::Scope& scope,
                          const kernel::AccountState& state) -> base::Result<std::int64_t> {
        const kernel::WriteContext write{core, tx, scope, state};
        const UnixMillis now = write.steady();
        EDGE_TRY(const std::int64_t own, write.protocol().run_maintenance(write, may_expire));
        if (may_expire) {
          EDGE_CHECK(groups::expire_outbox(write, now - core.options.expire_after));
          EDGE_CHECK(store::forget_sent_receipts(scope, now - core.options.expire_after));
          EDGE_CHECK(store::forget_held_contents(scope, now - receiving::kHeldLifetime));
        }
        EDGE_CHECK(store::delete_passing_outbox_before(scope, now - outbox::kPassing));
        EDGE_TRY(const std::int64_t others, store::repeat_outbox(scope, now - kRepeatAfter));
        return own + others;
      },
      [&courier, account, done = std::move(done)](base::Result<std::int64_t> again) mutable {
        if (!again) {
          base::log::warning("account {}: maintenance failed: {}", account.value,
                             again.error().message);
        } else if (*again > 0) {
          courier.poke();
        }
        done(again || again.error().code != base::Errc::unavailable);
      });
}

// Handles the accounts of one minute some at a time: a thousand writes at once would fill the
// writer's queue for everybody else. Accounts without room for a write wait for the next minute.
class Round : public std::enable_shared_from_this<Round> {
 public:
  Round(kernel::Core& core, Courier& courier, std::vector<base::AccountId> accounts)
      : core_(core), courier_(courier), accounts_(std::move(accounts)) {}
  void start() {
    for (int i = 0; i < kAtOnce; ++i) next();
  }

 private:
  static constexpr int kAtOnce = 16;

  void next() {
    const std::size_t at = next_.fetch_add(1);
    if (at >= accounts_.size()) return;
    keep_account(core_, courier_, accounts_[at], [self = shared_from_this()](bool room) {
      if (room) self->next();
    });
  }

  kernel::Core& core_;
  Courier& courier_;
  const std::vector<base::AccountId> accounts_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace

void keep_time(kernel::Core& core) {
  core.steady->look();
  const kernel::SteadyTime::Saved saved = core.steady->save();
  core.store.write<void>(
      [saved](store::Tx& tx) {
        return store::write_steady_time(
            tx.db(), {saved.steady, saved.wall, saved.doubtful_off, saved.suspect, saved.trusted});
      },
      [](base::Result<> result) {
        if (!result) base::log::warning("time was not kept: {}", result.error().message);
      });
}

void run_maintenance(kernel::Core& core, Courier& courier, groups::PendingStates& pending_states,
                     std::weak_ptr<const void>& round) {
  core.store.renew_reserve();
  keep_time(core);
  std::vector<base::AccountId> accounts;
  for (const kernel::AccountPtr& account : core.directory.all()) {
    accounts.push_back(account->id);
    // Retries arrivals that their sender's budget deferred.
    core.protocols.of(account->protocol()).retry_arrivals(account->id);
    pending_states.resume(account->id);
  }
  if (!round.expired()) return;  // the store takes longer than a minute
  const auto begun = std::make_shared<Round>(core, courier, std::move(accounts));
  round = begun;
  begun->start();
}

}  // namespace messaging::delivery
