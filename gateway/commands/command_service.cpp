#include "gateway/commands/command_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "gateway/commands/caller.h"
#include "gateway/commands/kept_folders.h"
#include "gateway/commands/landlock.h"
#include "gateway/commands/run_shape.h"
#include "gateway/commands/service_parts.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr base::Millis kTidyEvery = 60'000;
constexpr std::size_t kPageBytes = 1024 * 1024;
constexpr std::size_t kShownNames = 200;  // bytes of projects' names in an error

}  // namespace

std::string_view status_at(std::size_t place) {
  if (place + 1 == RunJournal::kStatuses) return "interrupted";
  return name_of(static_cast<RunEnd::Why>(place));
}

Result<std::unique_ptr<CommandService>> CommandService::open(Launcher& launcher,
                                                             const store::Vault& vault,
                                                             WorkerPool& workers,
                                                             const base::Clock& clock,
                                                             CommandOptions options) {
  EDGE_TRY(auto list, read_command_list(options.file));
  auto parts = std::make_unique<Parts>();
  EDGE_CHECK(parts->open(launcher, vault, workers, clock, options.dir).with_context("--commands"));
  std::unique_ptr<CommandService> out(
      new CommandService(std::move(parts), std::move(options), workers, clock));
  out->use(std::move(list));
  out->tidy_later();
  return out;
}

CommandService::CommandService(std::unique_ptr<Parts> parts, CommandOptions options,
                               WorkerPool& workers, const base::Clock& clock)
    : options_(std::move(options)),
      workers_(workers),
      clock_(clock),
      refusals_(clock, options_.warn),
      parts_(std::move(parts)),
      hub_(parts_->hub.get()) {}

CommandService::~CommandService() { stop(); }

void CommandService::begin_stop() {
  parts_->journal->stop();
  parts_->runner->begin_stop();
}

void CommandService::stop() {
  begin_stop();
  parts_->runner->stop();
  parts_->journal->sync();
  hub_->stop();
}

std::shared_ptr<const CommandList> CommandService::list() const {
  base::Lock lock(mutex_);
  return list_;
}

void CommandService::use(CommandList list) {
  for (const std::string& warning : list.warnings) base::log::warning("{}", warning);
  if (landlock_version() > 0) {
    for (const std::string& warning : kept_folders(list, options_.hidden)) {
      base::log::warning("{}: {}", options_.file.string(), warning);
    }
  }
  base::log::info("commands: {} has {}", options_.file.string(), sizes_of(list));
  parts_->table.add_topics(list);
  const OutputBounds usual;
  parts_->log->set_bounds({.bytes = list.keep_size,
                           .age = list.keep_age,
                           .file_bytes = std::min(usual.file_bytes, list.keep_size / 8)});
  base::Lock lock(mutex_);
  list_ = std::make_shared<const CommandList>(std::move(list));
}

Result<> CommandService::reload() {
  EDGE_TRY(auto list, read_command_list(options_.file));
  use(std::move(list));
  // A project's stream uses the list of its beginning: its client reconnects after a change.
  hub_->close_all();
  on_reload_();
  return {};
}

std::optional<RunRecord> CommandService::find_record(const std::string& run) const {
  auto known = parts_->table.find(run);
  if (!known) return std::nullopt;
  return std::move(known->record);
}

RunOutput::Pages CommandService::pages_of(const RunRecord& record) const {
  return [log = parts_->log.get(), run = record.id](base::EventId after) {
    return log->read(run, after, rpc::DeviceCommands::kMaxLines, kPageBytes);
  };
}

RunOutput CommandService::read_output(const RunRecord& record) const {
  return {pages_of(record), record.before};
}

Result<std::unique_ptr<RunOutputReader>> CommandService::open_output(
    const RunRecord& record) const {
  return RunOutputReader::open(pages_of(record), record.before);
}

void CommandService::note_chat_refusal(const std::string& caller, const std::string& contact_name,
                                       const std::string& text, Refusal refusal,
                                       const std::string& why) {
  refusals_.note({.caller = caller,
                  .whom = fmt::format("the contact {}", shown_text(contact_name)),
                  .what = fmt::format("'{}' in a chat", shown_text(text))},
                 refusal, why);
}

Result<KnownRun> CommandService::find(const rpc::Caller& caller, const std::string& id) const {
  EDGE_CHECK(check_caller(caller));
  auto known = parts_->table.find(id);
  if (!known || !may_see(*caller.access, known->record)) {
    return fail(Errc::not_found, "there is no such command, or its record is no longer kept");
  }
  return *std::move(known);
}

Result<rpc::shape::CommandRun> CommandService::cancel(const rpc::Caller& caller,
                                                      const std::string& id) {
  EDGE_TRY(const KnownRun known, find(caller, id));
  if (!known.running || !parts_->runner->cancel(*known.running)) {
    return fail(Errc::already_exists, "the command has ended already");
  }
  base::log::info("{} is cancelled by {}", id, caller_name(caller));
  return shape_of(known.record);
}

Result<std::vector<rpc::shape::CommandRun>> CommandService::runs(
    const rpc::Caller& caller, const std::optional<std::string>& project, std::size_t limit) {
  EDGE_CHECK(check_caller(caller));
  if (project) EDGE_CHECK(check_project(caller, *project));
  std::vector<rpc::shape::CommandRun> out;
  for (const RunRecord& record : parts_->table.list(*caller.access, project, limit)) {
    out.push_back(shape_of(record));
  }
  return out;
}

Result<rpc::shape::CommandOutput> CommandService::output(const rpc::Caller& caller,
                                                         const std::string& id, std::uint64_t after,
                                                         std::size_t limit) {
  EDGE_TRY(const KnownRun known, find(caller, id));
  const base::EventId from = std::max(base::EventId(after), known.record.before);
  EDGE_TRY(const OutputPage page, parts_->log->read(id, from, limit, kPageBytes));
  rpc::shape::CommandOutput out;
  out.run = shape_of(known.record);
  base::EventId reached = from;
  for (const OutputEntry& entry : page.entries) {
    out.lines.push_back({.id = entry.id.value,
                         .line = entry.piece.text,
                         .stream = std::string(name_of(entry.stream)),
                         .more = entry.piece.more,
                         .progress = entry.piece.progress,
                         .replaced = entry.piece.replaced});
    reached = entry.id;
  }
  out.next = reached.value;
  const auto& outcome = known.record.outcome;
  out.complete = outcome && page.at_end;
  out.missing = page.floor > from || (out.complete && reached < outcome->last_line);
  return out;
}

Result<> CommandService::write_input(const rpc::Caller& caller, const std::string& id,
                                     std::string bytes, bool close) {
  EDGE_TRY(const KnownRun known, find(caller, id));
  if (!known.record.input) {
    return fail(Errc::forbidden,
                "this command takes no input: its row in the list has no input = true");
  }
  const auto ended = [](base::Error error) {
    if (error.code == Errc::not_found) error = fail(Errc::already_exists, "the command has ended");
    return error;
  };
  if (!known.running) return fail(Errc::already_exists, "the command has ended");
  if (!bytes.empty()) {
    if (auto written = parts_->runner->write(*known.running, std::move(bytes)); !written) {
      return ended(std::move(written).error());
    }
  }
  if (!close) return {};
  if (auto closed = parts_->runner->close_input(*known.running); !closed) {
    return ended(std::move(closed).error());
  }
  return {};
}

// An error names only projects in which the caller may do something.
Result<> CommandService::check_project(const rpc::Caller& caller,
                                       const std::string& project) const {
  EDGE_CHECK(check_caller(caller));
  const auto list = this->list();
  if (list->find_project(project) != nullptr) return {};
  if (!parts_->table.topics(*caller.access, project).empty()) return {};  // of an earlier list
  std::string names;
  EDGE_TRY(const auto rows, projects(caller));
  for (const ProjectRow& row : rows) {
    if (names.size() > kShownNames) break;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", row.project->name);
  }
  return fail(Errc::not_found,
              names.empty() ? "there is no such project, nor any in which this caller may run "
                              "something"
                            : fmt::format("there is no such project; there are {}", names));
}

Result<> CommandService::check_run(const rpc::Caller& caller, const std::string& project,
                                   const std::string& id) const {
  EDGE_TRY(const KnownRun known, find(caller, id));
  if (known.record.project == project) return {};
  return fail(Errc::not_found, "there is no such command in this project");
}

Result<std::vector<CommandService::ProjectRow>> CommandService::projects(
    const rpc::Caller& caller) const {
  EDGE_CHECK(check_caller(caller));
  const auto list = this->list();
  const Caller key = KeyCaller{caller.access};
  std::vector<ProjectRow> out;
  for (const auto& project : list->projects) {
    ProjectRow row{.project = project, .rows = {}};
    for (const auto* rows : {&project->commands, &project->lines}) {
      std::copy_if(rows->begin(), rows->end(), std::back_inserter(row.rows),
                   [&](const auto& each) { return may_run(key, *each, project.get()); });
    }
    if (!row.rows.empty()) out.push_back(std::move(row));
  }
  return out;
}

CommandFigures CommandService::figures() const {
  CommandFigures out;
  for (std::size_t i = 0; i < kRefusals; ++i) {
    out.refused[i] = refusals_.count(static_cast<Refusal>(i));
  }
  for (std::size_t i = 0; i < RunJournal::kStatuses; ++i) out.ended[i] = parts_->journal->ended(i);
  out.started = started_.value();
  out.running = parts_->table.running();
  out.output_bytes = parts_->journal->output_bytes();
  out.output_lines = parts_->journal->output_lines();
  out.kept_bytes = parts_->log->bytes();
  return out;
}

void CommandService::tidy_later() {
  parts_->runner->after(kTidyEvery, [this] {
    (void)workers_.submit_rest("", [this] { tidy(); });
    tidy_later();
  });
}

// On a worker.
void CommandService::tidy() {
  parts_->log->tidy(clock_.now());
  for (const std::string& id : parts_->table.trim(RunLedger::kMaxRuns)) parts_->log->remove(id);
  if (!parts_->ledger->is_long()) return;
  const auto written = parts_->ledger->rewrite([this] { return parts_->table.all(); });
  if (!written) {
    base::log::warning("the record of commands: {}", written.error().message);
  }
}

}  // namespace gateway::commands
