#include "gateway/hub/replay.h"

#include <algorithm>

#include "base/log.h"

namespace gateway {
namespace {

// No store gives out so many ids; another store's are further away than this, most likely.
constexpr std::uint64_t kOurs = std::uint64_t{1} << 32;

ReplayStep give_up(base::EventId newest) {
  return {.lag = ReplayLag{newest, std::nullopt}, .frames = {}, .reached = newest, .failed = false};
}

base::Result<ReplayStep> read_step(EventSource& source, const ReplayRequest& request) {
  EDGE_TRY(const base::EventId newest, source.newest());
  if (request.after > newest) return give_up(newest);
  ReplayStep step;
  step.reached = request.after;
  EDGE_TRY(step.frames, source.read_after(request.after, request.limit));
  // Asked after the read: what was cut off while we read is missing from it, and told here.
  EDGE_TRY(const base::EventId oldest, source.oldest());
  const bool all = step.frames.size() < request.limit;
  if (oldest.value > request.after.value + 1) {
    const std::uint64_t missed = oldest.value - 1 - request.after.value;
    if (missed >= kOurs) return give_up(newest);
    step.lag = ReplayLag{base::EventId(oldest.value - 1), std::nullopt};
    if (!request.filtered) step.lag->dropped = missed;
    std::erase_if(step.frames, [&](const EventFrame& frame) { return frame.id < oldest; });
    step.reached = base::EventId(oldest.value - 1);
  }
  if (!step.frames.empty()) step.reached = step.frames.back().id;
  // Ids may skip: when there was no more to read, the newest of before the read is reached as well.
  if (all) step.reached = std::max(step.reached, newest);
  return step;
}

}  // namespace

ReplayStep read_replay_step(EventSource& source, const ReplayRequest& request) {
  auto step = read_step(source, request);
  if (step) return std::move(*step);
  base::log::warning("A stream's missed events could not be read: {}", step.error().message);
  return {.lag = {}, .frames = {}, .reached = request.after, .failed = true};
}

}  // namespace gateway
