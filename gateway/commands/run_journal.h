// RunJournal: handles the output of commands: each line gets its id, is stored in the output log
// and goes to the event streams; the end of a run goes into the ledger and to the streams.
//
// Lines are written before they are published, so that whoever reads the log and then the ring
// misses none. Publishing waits for the hub's thread when that is slower, never for readers.
//
// lines() and end() are the runner's thread's; the rest is for any thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "base/counter.h"
#include "gateway/commands/output_log.h"
#include "gateway/commands/run_ledger.h"
#include "gateway/commands/run_source.h"
#include "gateway/commands/run_table.h"
#include "gateway/hub/hub.h"

namespace gateway::commands {

class RunJournal {
 public:
  static constexpr std::size_t kStatuses = 7;  // six of RunEnd::Why, and interrupted

  // All outlive this. `last`: the greatest id that was ever given out.
  RunJournal(RunTable& table, RunLedger& ledger, OutputLog& log, RunSource& source,
             WorkerPool& workers, const base::Clock& clock, base::EventId last);

  // Before the first run.
  void set_hub(Hub& hub) { hub_ = &hub; }
  // From now on a run that ends counts as interrupted.
  void stop() { stopping_.store(true, std::memory_order_relaxed); }

  // Waits until all output and all ends are on the disk. Once no command runs any more.
  void sync();

  // The highest id given out: later events have higher ids.
  base::EventId last() const { return base::EventId(last_.load(std::memory_order_acquire)); }

  struct Line {
    OutputStream stream = OutputStream::output;
    OutputPiece piece;
  };
  // Says the id of the last line.
  base::EventId lines(const KnownRun& run, std::vector<Line> lines);
  void end(const KnownRun& run, const RunEnd& end, base::EventId last_line);

  std::uint64_t output_bytes() const { return output_bytes_.value(); }
  std::uint64_t output_lines() const { return output_lines_.value(); }
  // Runs that ended, by RunEnd::Why and, last, those that were interrupted.
  std::uint64_t ended(std::size_t status) const { return ended_[status].value(); }

 private:
  base::EventId next(std::uint64_t count);

  RunTable& table_;
  RunLedger& ledger_;
  OutputLog& log_;
  RunSource& source_;
  WorkerPool& workers_;
  const base::Clock& clock_;
  Hub* hub_ = nullptr;
  std::atomic<std::uint64_t> last_;
  std::atomic<bool> stopping_{false};
  base::Counter output_bytes_, output_lines_;
  std::array<base::Counter, kStatuses> ended_;
};

// Follows one run for the journal.
class RunRecorder final : public RunWatcher {
 public:
  // `on_start` is called once the run is certain to begin, before its first line.
  using OnStart = base::UniqueFunction<KnownRun(RunNumber)>;
  RunRecorder(RunJournal& journal, OnStart on_start)
      : journal_(journal), on_start_(std::move(on_start)) {}

  void on_start(RunNumber run) override {
    auto on_start = std::move(on_start_);
    run_ = on_start(run);
  }
  void on_output(OutputStream stream, OutputPiece piece) override {
    lines_.push_back({.stream = stream, .piece = std::move(piece)});
  }
  void on_read() override { flush(); }
  void on_end(const RunEnd& end) override {
    flush();
    journal_.end(run_, end, last_line_);
  }

 private:
  void flush() {
    if (!lines_.empty()) last_line_ = journal_.lines(run_, std::exchange(lines_, {}));
  }

  RunJournal& journal_;
  OnStart on_start_;
  KnownRun run_;
  std::vector<RunJournal::Line> lines_;
  base::EventId last_line_;
};

}  // namespace gateway::commands
