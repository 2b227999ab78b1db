// One step of a resume: a bounded read of the event log, on a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "gateway/hub/event_frame.h"

namespace gateway {

struct ReplayRequest {
  base::EventId after;
  std::size_t limit = 256;
  bool filtered = false;  // then how many were missed is not known from ids
};

struct ReplayLag {
  base::EventId resumes_after;
  std::optional<std::uint64_t> dropped;
};

struct ReplayStep {
  std::optional<ReplayLag> lag;  // goes out before the frames
  std::vector<EventFrame> frames;
  base::EventId reached;  // every event up to here was considered
  bool failed = false;    // the log could not be read
};

// An id above the newest, or far below the oldest, is none of this store's (its first id is random:
// decision 23): lag, then the present. One that the log no longer reaches: lag, then the oldest.
ReplayStep read_replay_step(EventSource& source, const ReplayRequest& request);

}  // namespace gateway
