// The parts of CommandService, in the order in which they are made, and how they take over what
// earlier daemons left. Only for CommandService.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/commands/command_service.h"
#include "gateway/commands/run_journal.h"
#include "gateway/commands/run_ledger.h"
#include "gateway/commands/run_source.h"
#include "gateway/commands/run_table.h"
#include "gateway/hub/hub.h"

namespace gateway::commands {

struct CommandService::Parts {
  std::unique_ptr<RunLedger> ledger;
  std::unique_ptr<OutputLog> log;
  RunTable table;
  std::unique_ptr<RunSource> source;
  std::unique_ptr<RunJournal> journal;
  std::unique_ptr<Hub> hub;
  std::unique_ptr<Runner> runner;

  base::Result<> open(Launcher& launcher, const store::Vault& vault, WorkerPool& workers,
                      const base::Clock& clock, const std::string& accounts);
  base::Result<base::EventId> adopt(std::vector<RunRecord> runs, const base::Clock& clock);
};

// Whom the record names: the id of the key, or "local".
std::string caller_name(const rpc::Caller& caller);
// Without a key only this machine: --allow-anonymous does not open commands to others.
base::Result<> check_caller(const rpc::Caller& caller);

}  // namespace gateway::commands
