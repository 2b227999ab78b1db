#include "gateway/relay/tidying.h"

#include <cstdlib>

#include "base/log.h"
#include "store/relay/envelopes.h"

namespace gateway {
namespace {

constexpr base::Millis kClockStep = kHour;

}  // namespace

// A wall clock that jumped makes everything look old (decision 18): nothing is dropped until it is
// back or the relay restarts.
bool RelayTidying::clock_is_suspect() {
  const bool suspect =
      std::abs((common_.clock.now() - common_.clock.uptime()) - clock_offset_) > kClockStep;
  if (suspect && !reported_suspect_.exchange(true)) {
    base::log::warning("relay: the clock jumped; nothing is dropped by age until it is set right");
  }
  if (!suspect) reported_suspect_ = false;
  return suspect;
}

void RelayTidying::run() {
  if (clock_is_suspect()) return;
  struct Gone {
    std::vector<store::MailboxName> mailboxes;
    std::int64_t envelopes = 0;
  };
  common_.store.write<Gone>(
      [this](store::Tx& tx) -> base::Result<Gone> {
        Gone gone;
        EDGE_TRY(gone.mailboxes, store::delete_abandoned_mailboxes(
                                     tx.db(), tx.now() - common_.options.limits.abandoned,
                                     tx.now() - common_.options.limits.unused));
        EDGE_TRY(gone.envelopes,
                 store::delete_old_envelopes(tx.db(), tx.now() - common_.options.limits.keep));
        return gone;
      },
      [this](base::Result<Gone> gone) {
        if (!gone) return;
        mailboxes_.forget(gone->mailboxes);
        common_.counters.expired += static_cast<std::uint64_t>(gone->envelopes);
        // The rest, in steps short enough for other writes.
        if (gone->envelopes > 0 || !gone->mailboxes.empty()) run();
      });
}

}  // namespace gateway
