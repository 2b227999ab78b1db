#include "gateway/hub/replay.h"

#include <algorithm>

#include "base/log.h"

namespace gateway {
namespace {

ReplayStep give_up(base::EventId newest) {
  ReplayStep step;
  step.lag = ReplayLag{newest, std::nullopt};
  step.reached = step.floor = newest;
  return step;
}

base::Result<ReplayStep> read_step(EventSource& source, const ReplayRequest& request) {
  EDGE_TRY(FramePage page,
           source.read_after(request.after, request.limit, request.bytes, *request.filter));
  if (request.after > page.newest || request.after < page.start) return give_up(page.newest);
  ReplayStep step;
  step.floor = page.floor;
  step.reached = std::max(page.reached, request.after);
  if (page.floor > std::max(request.after, request.reported_floor)) {
    // A gap in one channel does not hide other channels' events from before its end.
    base::EventId resumes_after = page.floor;
    if (!page.events.empty()) {
      resumes_after = std::min(resumes_after, base::EventId(page.events.front().id.value - 1));
    }
    step.lag = ReplayLag{resumes_after, std::nullopt};
    if (page.dense) step.lag->dropped = page.floor.value - request.after.value;
  }
  step.frames = std::move(page.events);
  return step;
}

}  // namespace

ReplayStep read_replay_step(EventSource& source, const ReplayRequest& request) {
  auto step = read_step(source, request);
  if (step) return std::move(*step);
  base::log::warning("A stream's missed events could not be read: {}", step.error().message);
  ReplayStep failed;
  failed.reached = request.after;
  failed.failed = true;
  return failed;
}

}  // namespace gateway
