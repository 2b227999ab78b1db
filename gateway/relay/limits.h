// RelayLimits: how much a relay accepts, from whom and for how long.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace gateway {

inline constexpr std::int64_t kMiB = 1024 * 1024;
inline constexpr base::Millis kHour = 3600 * base::Millis{1000};
inline constexpr base::Millis kDay = 24 * kHour;

struct RelayLimits {
  std::int64_t total_bytes = 1024 * kMiB;  // and a tenth of the disk stays free
  std::int64_t mailboxes = 10'000;
  std::int64_t admission_bytes = 512 * kMiB;  // and of one address
  std::int64_t admission_mailboxes = 100;
  // Without an admission, of one address (an IPv6 /64 is one); what came through a proxy that does
  // not name its clients has no address.
  std::int64_t address_mailboxes = 100;
  // New mailboxes of one admission or address, which bounds a faulty machine.
  double new_mailboxes_per_second = 2;
  double new_mailboxes_at_once = 100;
  std::int64_t mailbox_bytes = 256 * kMiB;
  std::int64_t mailbox_envelopes = 100'000;
  std::int64_t depositor_bytes = 128 * kMiB;  // of one contact in one mailbox
  std::int64_t depositor_envelopes = 50'000;
  std::int64_t invite_bytes = 4 * kMiB;  // of one invite's joiners together
  std::int64_t invite_deposit = 64 * 1024;
  std::int64_t invite_per_hour = 60;      // envelopes, each a join or session request
  std::int64_t keys = 20'000;             // of one mailbox
  std::int64_t admission_keys = 100'000;  // and of one address
  std::int64_t all_keys = 1'000'000;
  base::Millis keep = 14 * kDay;  // as long as senders keep a message themselves
  base::Millis abandoned = 90 * kDay;
  base::Millis unused = kDay;  // mailboxes without a key and an envelope, whose owner is away

  // By an operator's limits for the whole and for one mailbox; half of either is the most for one
  // admission and one depositor.
  void set_sizes(std::size_t total_mib, std::size_t mailbox_mib) {
    total_bytes = static_cast<std::int64_t>(total_mib) * kMiB;
    mailbox_bytes = static_cast<std::int64_t>(mailbox_mib) * kMiB;
    admission_bytes = total_bytes / 2;
    depositor_bytes = mailbox_bytes / 2;
  }
};

}  // namespace gateway
