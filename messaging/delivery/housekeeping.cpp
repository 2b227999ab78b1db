#include "messaging/delivery/housekeeping.h"

#include "base/log.h"
#include "messaging/delivery/courier.h"
#include "messaging/files/removal.h"
#include "messaging/groups/giving_up.h"
#include "messaging/groups/owed_states.h"
#include "messaging/kernel/core.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/outgoing.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/renewal.h"
#include "messaging/receiving/group_receiving.h"
#include "messaging/receiving/incoming.h"
#include "store/tables/envelopes.h"
#include "store/tables/group_held.h"
#include "store/tables/outbox.h"
#include "store/tables/owed_receipts.h"
#include "store/tables/sessions.h"
#include "store/tables/steady_times.h"
#include "store/tables/transfers.h"

namespace messaging {
namespace {

constexpr base::Millis kDay = 24 * 3600 * base::Millis{1000};
// A message that comes later than this is encrypted anew by then, or given up.
constexpr base::Millis kSkippedKeyLifetime = 30 * kDay;
// On a session that its peer sends on no more, all but stragglers came.
constexpr base::Millis kSpentKeyLifetime = 7 * kDay;
constexpr base::Millis kSpentSessionLifetime = 30 * kDay;

// Files whose message never came.
base::Result<> expire_transfers(const WriteContext& write, UnixMillis before) {
  EDGE_TRY(const auto stale, store::transfers_before(write.scope, before));
  RemovedFiles files(write.core, write.account);
  for (const store::TransferRow& transfer : stale) {
    EDGE_CHECK(store::delete_transfer(write.scope, transfer.id));
    files.add(transfer.name);
  }
  files.remove_after(write.tx);
  return {};
}

base::Result<> expire_keys(const WriteContext& write, UnixMillis now) {
  EDGE_TRY(const std::int64_t gone,
           store::expire_skipped_keys(write.scope, now,
                                      {.live_before = now - kSkippedKeyLifetime,
                                       .spent_before = now - kSpentKeyLifetime,
                                       .sessions_before = now - kSpentSessionLifetime}));
  if (gone > 0) write.tx.scrub();
  return {};
}

void keep_account(Core& core, Courier& courier, base::AccountId account) {
  const bool may_expire = !core.steady->suspect() && core.steady->running() >= kExpireGrace;
  core.write<std::int64_t>(
      account,
      [&core, may_expire](store::Tx& tx, const store::Scope& scope,
                          const AccountState& state) -> base::Result<std::int64_t> {
        const WriteContext write{core, tx, scope, state};
        const UnixMillis now = write.steady();
        EDGE_CHECK(retry_renewals(write));
        EDGE_CHECK(tell_profile(write));
        if (may_expire) {
          EDGE_CHECK(expire_joins(write, now));
          EDGE_CHECK(expire_renewals(write, now));
          EDGE_CHECK(expire_outbox(write, now - core.options.expire_after));
          EDGE_CHECK(store::forget_envelopes(scope, now - kSeenLifetime));
          EDGE_CHECK(store::drop_parked_envelopes(scope, now - kParkedLifetime));
          EDGE_CHECK(store::forget_told_receipts(scope, now - core.options.expire_after));
          EDGE_CHECK(store::forget_held_contents(scope, now - kHeldLifetime));
          EDGE_CHECK(expire_keys(write, now));
          EDGE_CHECK(expire_transfers(write, now - core.options.expire_after));
        }
        EDGE_TRY(const std::int64_t requests,
                 store::redeposit_requests(scope, now - kAskAgainAfter));
        EDGE_TRY(const std::int64_t others, store::redeposit_outbox(scope, now - kRedepositAfter));
        return requests + others;
      },
      [&courier, account](base::Result<std::int64_t> again) {
        if (!again) {
          base::log::warning("account {}: housekeeping failed: {}", account.value,
                             again.error().message);
        } else if (*again > 0) {
          courier.poke();
        }
      });
}

}  // namespace

void keep_time(Core& core) {
  core.steady->look();
  const SteadyTime::Saved saved = core.steady->save();
  core.store.write<void>(
      [saved](store::Tx& tx) {
        return store::write_steady_time(
            tx.db(), {saved.steady, saved.wall, saved.doubtful_off, saved.suspect, saved.trusted});
      },
      [](base::Result<> result) {
        if (!result) base::log::warning("time was not kept: {}", result.error().message);
      });
}

void keep_house(Core& core, Courier& courier, Incoming& incoming, OwedStates& owed_states) {
  core.store.renew_reserve();
  keep_time(core);
  for (const AccountPtr& account : core.directory.all()) {
    keep_account(core, courier, account->id);
    // What its sender had used its budget up for.
    incoming.retry_parked(account->id);
    owed_states.resume(account->id);
  }
}

}  // namespace messaging
