// One step of a resume: a bounded read of the event log, on a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "gateway/hub/filter.h"

namespace gateway {

struct ReplayRequest {
  base::EventId after;
  std::size_t limit = 256;
  std::size_t bytes = 64 * 1024;
  std::shared_ptr<const EventFilter> filter;
  base::EventId reported_floor;  // a lag was sent for what is missing up to here
};

struct ReplayLag {
  base::EventId resumes_after;
  std::optional<std::uint64_t> dropped;
};

struct ReplayStep {
  std::optional<ReplayLag> lag;  // goes out before the frames
  std::vector<EventFrame> frames;
  base::EventId reached;  // every event up to here was considered
  base::EventId floor;    // every event after it is held
  bool failed = false;    // the log could not be read
};

// An id above the newest, or below the first, is from another store (the first id is random:
// decision 23): lag, then the present. An id that the log no longer reaches: lag, then the oldest
// event; the lag has the number of missed events where ids alone give it.
ReplayStep read_replay_step(EventSource& source, const ReplayRequest& request);

}  // namespace gateway
