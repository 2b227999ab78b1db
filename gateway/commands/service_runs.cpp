// CommandService: how runs begin.
#include <fmt/format.h>

#include <filesystem>

#include "base/log.h"
#include "crypto/encoding.h"
#include "crypto/random.h"
#include "gateway/commands/command_match.h"
#include "gateway/commands/command_service.h"
#include "gateway/commands/end_watcher.h"
#include "gateway/commands/run_shape.h"
#include "gateway/commands/service_parts.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::uintmax_t kLeastDisk = 256 * 1024;  // with less the record of a run may find no room

std::string new_id() {
  const auto random = crypto::random_array<8>();
  return "cmd-" + crypto::hex_encode(random);
}

// Lines of different projects may be alike.
std::string place_name(const Project* project, const Command& command) {
  return command.is_line && project != nullptr ? fmt::format("{}: {}", project->name, command.name)
                                               : command.name;
}

}  // namespace

Result<rpc::shape::CommandRun> CommandService::run(const rpc::Caller& caller,
                                                   const std::string& project,
                                                   const std::string& command) {
  Refusal refusal = Refusal::failed;
  auto started = try_run(caller, project, command, refusal);
  if (!started) {
    const std::string name = caller_name(caller);
    refusals_.note(
        {.caller = name,
         .whom = name,
         .what = fmt::format("'{}' in the project '{}'", shown_text(command), shown_text(project))},
        refusal, started.error().message);
  }
  return started;
}

Result<rpc::shape::CommandRun> CommandService::try_run(const rpc::Caller& caller,
                                                       const std::string& project_name,
                                                       const std::string& text, Refusal& refusal) {
  refusal = Refusal::not_allowed;
  EDGE_CHECK(check_caller(caller));
  const auto list = this->list();
  const auto project = list->find_project(project_name);
  if (project == nullptr) {
    refusal = Refusal::unknown_project;
    EDGE_CHECK(check_project(caller, project_name));
    return fail(Errc::not_found, "there is no such project any more");
  }
  auto match = match_command(*project, text, KeyCaller{caller.access});
  if (!match) {
    if (match.error().code != Errc::forbidden) refusal = Refusal::wrong;
    return std::move(match).error();
  }
  EDGE_TRY(const RunRecord record,
           start_run(project.get(), *match, text, caller_name(caller), nullptr, refusal));
  return shape_of(record);
}

Result<RunRecord> CommandService::start_run(const Project* project, const CommandMatch& match,
                                            const std::string& text, const std::string& caller,
                                            OnRunEnd on_end, Refusal& refusal) {
  refusal = Refusal::failed;
  std::error_code unknown;
  const auto disk = std::filesystem::space(options_.dir, unknown);
  if (!unknown && disk.available < kLeastDisk) {
    return fail(Errc::unavailable,
                "the disk is full: a command that cannot be recorded is not run");
  }
  const Command& command = *match.command;
  RunSpec spec = spec_of(command, match.values, project, options_.hidden);
  // Nobody in a chat could write to it.
  spec.input = command.input && project != nullptr;
  RunRecord record;
  record.id = new_id();
  if (project != nullptr) record.project = project->name;
  record.row = command.name;
  record.is_line = command.is_line;
  record.text = text;
  record.caller = caller;
  record.started = clock_.now();
  record.input = spec.input;
  Result<> recorded;
  auto begin = [&](RunNumber number) {
    record.before = parts_->journal->last();
    KnownRun known = parts_->table.add(record, number);
    recorded = parts_->ledger->start(record);
    return known;
  };
  std::unique_ptr<RunWatcher> watcher =
      std::make_unique<RunRecorder>(*parts_->journal, std::move(begin));
  if (on_end) {
    watcher = std::make_unique<EndWatcher>(std::move(watcher), record.id, std::move(on_end));
  }
  const auto number = parts_->runner->start(
      spec, {.row = place_name(project, command), .at_once_all = list()->at_once},
      std::move(watcher));
  if (!number) {
    const Errc code = number.error().code;
    if (code == Errc::already_exists || code == Errc::exhausted) refusal = Refusal::busy;
    return number.error();
  }
  started_.add();
  if (recorded) recorded = parts_->ledger->sync();
  if (!recorded) {
    parts_->runner->cancel(*number);
    return std::move(recorded).error().with_context(
        "the command could not be recorded and is ended");
  }
  base::log::info("{} began for {}", record.id, logged_caller(record.caller));
  return record;
}

Result<> CommandService::run_for_contact(const std::string& caller, const CommandMatch& match,
                                         const std::string& text, OnRunEnd on_end) {
  Refusal refusal = Refusal::failed;
  auto started = start_run(nullptr, match, text, caller, std::move(on_end), refusal);
  if (started) return {};
  refusals_.note({.caller = caller, .whom = "a contact", .what = ""}, refusal, "");
  return std::move(started).error();
}

}  // namespace gateway::commands
