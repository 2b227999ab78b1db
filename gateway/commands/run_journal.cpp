#include "gateway/commands/run_journal.h"

#include "base/log.h"

namespace gateway::commands {

RunJournal::RunJournal(RunTable& table, RunLedger& ledger, OutputLog& log, RunSource& source,
                       WorkerPool& workers, const base::Clock& clock, base::EventId last)
    : table_(table),
      ledger_(ledger),
      log_(log),
      source_(source),
      workers_(workers),
      clock_(clock),
      last_(last.value) {
  source_.written(last);
}

// The first of so many new ids.
base::EventId RunJournal::next(std::uint64_t count) {
  return base::EventId(last_.fetch_add(count, std::memory_order_acq_rel) + 1);
}

base::EventId RunJournal::lines(const KnownRun& run, std::vector<Line> lines) {
  std::uint64_t id = next(lines.size()).value;
  std::vector<OutputEntry> entries;
  entries.reserve(lines.size());
  std::uint64_t bytes = 0;
  for (Line& line : lines) {
    bytes += line.piece.text.size();
    entries.push_back(
        {.id = base::EventId(id++), .stream = line.stream, .piece = std::move(line.piece)});
  }
  output_bytes_.add(bytes);
  output_lines_.add(entries.size());
  log_.append(run.record.id, entries);
  source_.written(entries.back().id);
  std::vector<EventFrame> frames;
  frames.reserve(entries.size());
  for (const OutputEntry& entry : entries) frames.push_back(output_frame(run, entry));
  hub_->publish(std::move(frames));
  hub_->wait_for_room();
  return entries.back().id;
}

void RunJournal::end(const KnownRun& run, const RunEnd& end, base::EventId last_line) {
  log_.finish(run.record.id);
  RunOutcome outcome{.id = next(1), .last_line = last_line, .at = clock_.now(), .end = end};
  const bool ended_here = end.why == RunEnd::Why::cancelled || end.why == RunEnd::Why::lost;
  if (ended_here && stopping_.load(std::memory_order_relaxed)) {
    outcome.kind = RunOutcome::Kind::interrupted;
    outcome.end.message = "the daemon was stopped while the command ran, which ended it";
  }
  ended_[outcome.kind == RunOutcome::Kind::interrupted ? kStatuses - 1
                                                       : static_cast<std::size_t>(end.why)]
      .add();
  const auto ended = table_.end(run.record.id, outcome);
  if (const auto noted = ledger_.end(run.record.id, outcome); !noted) {
    base::log::error("the end of {} could not be recorded: {}", run.record.id,
                     noted.error().message);
  }
  source_.written(outcome.id);
  if (ended) {
    base::log::info("{} of {} ended: {}", run.record.id, run.record.caller, ended->status());
    hub_->publish(std::vector<EventFrame>{outcome_frame(run, *ended)});
  }
  // The disk is waited for on another thread: other commands' output continues here.
  (void)workers_.submit_rest("", [this, id = run.record.id] {
    auto synced = log_.sync(id);
    if (synced) synced = ledger_.sync();
    if (!synced) base::log::error("the record of {}: {}", id, synced.error().message);
  });
}

// Does the work that the workers did not come to.
void RunJournal::sync() {
  auto synced = log_.sync();
  if (synced) synced = ledger_.sync();
  if (!synced) base::log::error("the record of commands: {}", synced.error().message);
}

}  // namespace gateway::commands
