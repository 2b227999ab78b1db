// CommandService: streams of output.
#include "gateway/commands/service_parts.h"
#include "rpc/json_write.h"

namespace gateway::commands {

namespace {

using base::Errc;
using base::fail;
using base::Result;

}  // namespace

Result<CommandService::StreamPlan> CommandService::plan_stream(
    const rpc::Caller& caller, const std::string& project, const std::optional<std::string>& run,
    const ResumePoint& resume) const {
  EDGE_CHECK(check_project(caller, project));
  StreamOptions out;
  out.manner = {.named = true, .heartbeats = true, .rereads = true};
  out.resume = resume;
  EventFrame greeting;
  greeting.type = "connected";
  if (!run) {
    out.filter.accounts = parts_->table.topics(*caller.access, project);
    if (out.filter.accounts.empty()) {
      return fail(Errc::forbidden, "this caller may run, and see, nothing in this project");
    }
    std::string name;
    rpc::append_json_string(name, project);
    greeting.data = R"({"project":)" + name + "}";
    out.greeting = std::move(greeting);
    return StreamPlan(std::move(out));
  }
  EDGE_CHECK(check_run(caller, project, *run));
  EDGE_TRY(const KnownRun known, find(caller, *run));
  const RunRecord& record = known.record;
  base::EventId after = record.before;
  if (resume.after && *resume.after > record.before && *resume.after <= parts_->journal->last()) {
    after = *resume.after;
  }
  if (record.outcome && after >= record.outcome->id) return StreamPlan();
  out.resume = {.given = true, .after = after};
  out.manner.ends = true;
  out.filter.chats = {known.number};
  greeting.data = connected_data(record);
  out.greeting = std::move(greeting);
  return StreamPlan(std::move(out));
}

void CommandService::subscribe(StreamSocket socket, StreamOptions options) {
  hub_->subscribe(std::move(socket), std::move(options));
}

void CommandService::close_ended() { hub_->close_ended(); }

}  // namespace gateway::commands
