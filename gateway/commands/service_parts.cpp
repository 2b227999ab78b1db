#include "gateway/commands/service_parts.h"

#include <algorithm>
#include <set>

namespace gateway::commands {
namespace {

// Output is large and short-lived: a ring of its own, and long steps of what is read again.
constexpr HubOptions kHubOptions{.ring_bytes = 8 * 1024 * 1024,
                                 .ring_events = 65'536,
                                 .intake_bytes = 8 * 1024 * 1024,
                                 .intake_events = 65'536,
                                 .replay_step = 2'048,
                                 .replay_bytes = 256 * 1024};

}  // namespace

// Loads what earlier daemons left; returns the highest id that may have been given out. A run
// without an end was interrupted.
base::Result<base::EventId> CommandService::Parts::adopt(std::vector<RunRecord> runs,
                                                         const base::Clock& clock) {
  // Ids grow over restarts even if no file of the last run is left.
  std::uint64_t last =
      static_cast<std::uint64_t>(std::max<base::UnixMillis>(0, clock.now())) * 1000;
  for (RunRecord& run : runs) {
    last = std::max(last, run.outcome ? run.outcome->id.value : run.before.value);
    if (run.outcome) continue;
    RunOutcome outcome{
        .kind = RunOutcome::Kind::interrupted, .id = {}, .last_line = {}, .at = 0, .end = {}};
    EDGE_TRY(outcome.last_line, log->newest(run.id));
    last = std::max(last, outcome.last_line.value);
    outcome.at = clock.now();
    outcome.end.why = RunEnd::Why::lost;
    outcome.end.message = "the daemon ended while the command ran, which ended it";
    run.outcome = std::move(outcome);
  }
  for (RunRecord& run : runs) {
    if (!run.outcome->id.valid()) {
      run.outcome->id = base::EventId(++last);
      EDGE_CHECK(ledger->end(run.id, *run.outcome));
    }
    table.add(std::move(run), std::nullopt);
  }
  return base::EventId(last);
}

base::Result<> CommandService::Parts::open(Launcher& launcher, const store::Vault& vault,
                                           WorkerPool& workers, const base::Clock& clock,
                                           const std::string& accounts) {
  const std::string dir = accounts + "/commands";
  EDGE_CHECK(store::make_dir(dir));
  EDGE_TRY(RunLedger::Opened opened, RunLedger::open(dir, vault));
  ledger = std::move(opened.ledger);
  if (opened.runs.size() > RunLedger::kMaxRuns) {
    opened.runs.erase(opened.runs.begin(), opened.runs.end() - RunLedger::kMaxRuns);
  }
  std::set<std::string> known;
  for (const RunRecord& run : opened.runs) known.insert(run.id);
  EDGE_TRY(log, OutputLog::open(dir, vault, known));
  EDGE_TRY(const base::EventId last, adopt(std::move(opened.runs), clock));
  source = std::make_unique<RunSource>(table, *log);
  journal = std::make_unique<RunJournal>(table, *ledger, *log, *source, workers, clock, last);
  EDGE_TRY(hub, Hub::start(*source, workers, clock, kHubOptions));
  journal->set_hub(*hub);
  EDGE_TRY(runner, Runner::make(launcher, clock));
  return {};
}

std::string caller_name(const rpc::Caller& caller) {
  return caller.access->key_id().empty() ? "local" : caller.access->key_id();
}

base::Result<> check_caller(const rpc::Caller& caller) {
  if (!caller.access->key_id().empty() || caller.loopback) return {};
  return base::fail(base::Errc::forbidden,
                    "Without a key device commands are for this machine alone.");
}

}  // namespace gateway::commands
