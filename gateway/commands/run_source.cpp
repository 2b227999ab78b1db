#include "gateway/commands/run_source.h"

#include <algorithm>

#include "gateway/hub/filter.h"

namespace gateway::commands {
namespace {

class Nothing final : public OpeningSteps {
 public:
  base::Result<bool> step() override { return true; }
  StreamOpening take() override { return {}; }
};

}  // namespace

EventFrame output_frame(const KnownRun& run, const OutputEntry& entry) {
  return {.id = entry.id,
          .account = run.topic,
          .chat = run.number,
          .type = "output",
          .data = output_data(run.record.id, entry.stream, entry.piece)};
}

EventFrame outcome_frame(const KnownRun& run, const RunRecord& ended) {
  return {.id = ended.outcome->id,
          .account = run.topic,
          .chat = run.number,
          .type = ended.outcome->is_error() ? "error" : "complete",
          .data = outcome_data(ended),
          .channel = nullptr,
          .last = true};
}

// What one run adds to a page.
struct RunSource::Part {
  std::vector<EventFrame> frames;
  base::EventId reached;
  base::EventId floor;
};

base::Result<RunSource::Part> RunSource::read_run(const KnownRun& run, base::EventId after,
                                                  base::EventId newest, std::size_t limit,
                                                  std::size_t bytes) const {
  EDGE_TRY(const OutputPage page, log_.read(run.record.id, after, limit, bytes));
  Part out;
  out.floor = page.floor;
  for (const OutputEntry& entry : page.entries) {
    if (entry.id <= newest) out.frames.push_back(output_frame(run, entry));
  }
  out.reached = page.at_end ? newest : std::min(page.reached, newest);
  const auto& outcome = run.record.outcome;
  if (!page.at_end || !outcome || outcome->id > newest) return out;
  // Lines that are no longer stored, or were lost in a power cut.
  const base::EventId seen = page.entries.empty() ? after : page.entries.back().id;
  if (seen < outcome->last_line) out.floor = std::max(out.floor, outcome->last_line);
  if (outcome->id > after) out.frames.push_back(outcome_frame(run, run.record));
  return out;
}

base::Result<FramePage> RunSource::read_after(base::EventId after, std::size_t limit,
                                              std::size_t bytes, const EventFilter& filter) {
  FramePage out;
  out.newest = last();  // before anything is read: later events come by the ring
  out.reached = out.newest;
  std::vector<KnownRun> runs;
  if (filter.chats.empty()) {
    runs = table_.with_events_after(filter.accounts, after);
  } else if (auto run = table_.find(filter.chats.front())) {
    runs.push_back(std::move(*run));
  }
  const auto by_id = [](const EventFrame& a, const EventFrame& b) { return a.id < b.id; };
  for (const KnownRun& run : runs) {
    // Runs come in the order in which they began: what this one wrote lies behind the page's end.
    if (run.record.before >= out.reached) break;
    const base::EventId from = std::max(after, run.record.before);
    EDGE_TRY(Part part, read_run(run, from, out.newest, limit, bytes));
    out.reached = std::min(out.reached, part.reached);
    if (part.floor > after) out.floor = std::max(out.floor, part.floor);
    std::move(part.frames.begin(), part.frames.end(), std::back_inserter(out.events));
    if (out.events.size() <= limit) continue;
    std::sort(out.events.begin(), out.events.end(), by_id);
    out.events.resize(limit);
    out.reached = std::min(out.reached, out.events.back().id);
  }
  std::sort(out.events.begin(), out.events.end(), by_id);
  std::erase_if(out.events, [&](const EventFrame& frame) { return frame.id > out.reached; });
  out.floor = std::min(out.floor, out.reached);
  return out;
}

base::Result<std::unique_ptr<OpeningSteps>> RunSource::open(const EventFilter&, bool) {
  return std::unique_ptr<OpeningSteps>(std::make_unique<Nothing>());
}

}  // namespace gateway::commands
