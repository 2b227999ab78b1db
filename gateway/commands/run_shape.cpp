#include "gateway/commands/run_shape.h"

namespace gateway::commands {

rpc::shape::CommandRun shape_of(const RunRecord& record) {
  rpc::shape::CommandRun out;
  out.id = record.id;
  out.project = record.project;
  out.command = record.text;
  out.status = std::string(record.status());
  out.caller = record.caller;
  out.started_at = record.started / 1000;
  out.input = record.input;
  if (!record.outcome) return out;
  const RunOutcome& outcome = *record.outcome;
  out.ended_at = outcome.at / 1000;
  if (!outcome.is_error()) out.exit_code = exit_code_of(outcome.end);
  if (outcome.end.signal) out.signal = signal_name(*outcome.end.signal);
  out.duration_ms = outcome.end.duration;
  if (!outcome.end.message.empty()) out.message = outcome.end.message;
  return out;
}

}  // namespace gateway::commands
