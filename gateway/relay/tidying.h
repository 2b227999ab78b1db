// RelayTidying: drops mailboxes and envelopes of a relay that are too old. Safe from any thread.
#pragma once

#include <atomic>

#include "gateway/relay/mailboxes.h"
#include "gateway/relay/relay_common.h"

namespace gateway {

class RelayTidying {
 public:
  // Both outlive this.
  RelayTidying(RelayCommon& common, RelayMailboxes& mailboxes)
      : common_(common),
        mailboxes_(mailboxes),
        clock_offset_(common.clock.now() - common.clock.uptime()) {}

  void run();  // every minute or so

 private:
  bool clock_is_suspect();

  RelayCommon& common_;
  RelayMailboxes& mailboxes_;
  const base::Millis clock_offset_;  // wall minus boot clock at the start
  std::atomic<bool> reported_suspect_{false};
};

}  // namespace gateway
