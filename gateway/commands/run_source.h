// RunSource: the output of commands and how they ended, as the hub reads it: lines from the output
// log, and after them the one event that reports the end, from the run's record. So a run whose
// output is no longer kept still says how it ended.
//
// A filter names one run (as its chat) or topics (as its accounts); run_table.h.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "gateway/commands/output_log.h"
#include "gateway/commands/run_table.h"
#include "gateway/hub/event_frame.h"

namespace gateway::commands {

EventFrame output_frame(const KnownRun& run, const OutputEntry& entry);
EventFrame outcome_frame(const KnownRun& run, const RunRecord& ended);

class RunSource final : public EventSource {
 public:
  // Both outlive this.
  RunSource(const RunTable& table, const OutputLog& log) : table_(table), log_(log) {}

  // Everything up to this id is in the log and the table.
  void written(base::EventId id) { newest_.store(id.value, std::memory_order_release); }
  base::EventId last() const { return base::EventId(newest_.load(std::memory_order_acquire)); }

  base::Result<FramePage> read_after(base::EventId after, std::size_t limit, std::size_t bytes,
                                     const EventFilter& filter) override;
  // There is nothing to begin with but what the log holds.
  base::Result<std::unique_ptr<OpeningSteps>> open(const EventFilter& filter,
                                                   bool snapshot) override;
  base::Result<base::EventId> newest() override { return last(); }

 private:
  struct Part;
  base::Result<Part> read_run(const KnownRun& run, base::EventId after, base::EventId newest,
                              std::size_t limit, std::size_t bytes) const;

  const RunTable& table_;
  const OutputLog& log_;
  std::atomic<std::uint64_t> newest_{0};
};

}  // namespace gateway::commands
