// CommandService: device commands for endpoints and methods: the list in force, the runner, the
// records of runs and the streams of their output.
//
// Any thread. Starting, listing and reading may wait for the disk; nothing waits for a command.
// Before it goes, the workers must have stopped.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/mutex.h"
#include "gateway/commands/command_list.h"
#include "gateway/commands/command_match.h"
#include "gateway/commands/refusals.h"
#include "gateway/commands/run_journal.h"
#include "gateway/commands/run_output.h"
#include "rpc/device_commands.h"

namespace gateway::commands {

struct CommandOptions {
  std::filesystem::path file;       // the list
  std::string dir;                  // the accounts folder; output goes into its folder commands/
  std::vector<std::string> hidden;  // files and folders out of commands' reach
  // Reports to the people who operate the device what was refused.
  std::function<void(std::string)> warn = [](const std::string&) {};
};

struct CommandFigures {
  std::array<std::uint64_t, kRefusals> refused{};
  std::array<std::uint64_t, RunJournal::kStatuses> ended{};
  std::uint64_t started = 0;
  std::size_t running = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t output_lines = 0;
  std::uint64_t kept_bytes = 0;
};

// The status that `ended` counts at this place.
std::string_view status_at(std::size_t place);

class CommandService final : public rpc::DeviceCommands {
 public:
  // The beginning of a stream of output; nothing: the run is over and the client has all of it.
  using StreamPlan = std::optional<StreamOptions>;

  // A list with a mistake is refused. The launcher, the vault, the workers and the clock outlive
  // this.
  static base::Result<std::unique_ptr<CommandService>> open(Launcher& launcher,
                                                            const store::Vault& vault,
                                                            WorkerPool& workers,
                                                            const base::Clock& clock,
                                                            CommandOptions options);
  ~CommandService() override;  // stop()

  // Reads the list again; a mistake leaves the old one in force.
  base::Result<> reload();
  // Called after the list was read again. Before the first reload().
  void on_reload(std::function<void()> call) { on_reload_ = std::move(call); }
  // The list in force.
  std::shared_ptr<const CommandList> list() const;

  base::Result<rpc::shape::CommandRun> run(const rpc::Caller& caller, const std::string& project,
                                           const std::string& command) override;
  base::Result<rpc::shape::CommandRun> cancel(const rpc::Caller& caller,
                                              const std::string& id) override;
  base::Result<std::vector<rpc::shape::CommandRun>> runs(const rpc::Caller& caller,
                                                         const std::optional<std::string>& project,
                                                         std::size_t limit) override;
  base::Result<rpc::shape::CommandOutput> output(const rpc::Caller& caller, const std::string& id,
                                                 std::uint64_t after, std::size_t limit) override;

  // Writes to the standard input of a run. Errc::forbidden: its row takes none; already_exists: it
  // has ended; exhausted: earlier input was not read yet.
  base::Result<> write_input(const rpc::Caller& caller, const std::string& id, std::string bytes,
                             bool close);
  // A project of which the caller may see anything; Errc::not_found, forbidden.
  base::Result<> check_project(const rpc::Caller& caller, const std::string& project) const;
  // Whether the run is one of the project's.
  base::Result<> check_run(const rpc::Caller& caller, const std::string& project,
                           const std::string& id) const;
  // The projects in which the caller may run something, and what.
  struct ProjectRow {
    std::shared_ptr<const Project> project;
    std::vector<std::shared_ptr<const Command>> rows;
  };
  base::Result<std::vector<ProjectRow>> projects(const rpc::Caller& caller) const;

  // ---- for chats (chat_commands.h)
  // Starts a command that a contact asked for and may run: `caller` is "contact:" and its
  // fingerprint, `text` what it wrote. `on_end` is called on the runner's thread when the run has
  // ended and its record says how; never after an error, and perhaps not while the daemon stops.
  using OnRunEnd = base::UniqueFunction<void(const std::string& run)>;
  base::Result<> run_for_contact(const std::string& caller, const CommandMatch& match,
                                 const std::string& text, OnRunEnd on_end);
  std::optional<RunRecord> find_record(const std::string& run) const;
  // The output of the run. The service outlives it.
  RunOutput read_output(const RunRecord& record) const;
  base::Result<std::unique_ptr<RunOutputReader>> open_output(const RunRecord& record) const;
  // Counts and warns, as of refused calls.
  void note_chat_refusal(const std::string& caller, const std::string& contact_name,
                         const std::string& text, Refusal refusal, const std::string& why);

  // A stream of one run, or of all that begin in the project. Errc::not_found: no such run.
  base::Result<StreamPlan> plan_stream(const rpc::Caller& caller, const std::string& project,
                                       const std::optional<std::string>& run,
                                       const ResumePoint& resume) const;
  void subscribe(StreamSocket socket, StreamOptions options);
  void close_ended();  // the streams of keys that have ended
  HubStats streams() const { return hub_->stats(); }
  CommandFigures figures() const;

  // Ends all commands: begin_stop() requests it, stop() waits, a second or two.
  void begin_stop();
  void stop();

 private:
  struct Parts;
  CommandService(std::unique_ptr<Parts> parts, CommandOptions options, WorkerPool& workers,
                 const base::Clock& clock);
  void use(CommandList list);
  base::Result<rpc::shape::CommandRun> try_run(const rpc::Caller& caller,
                                               const std::string& project,
                                               const std::string& command, Refusal& refusal);
  base::Result<KnownRun> find(const rpc::Caller& caller, const std::string& id) const;
  base::Result<RunRecord> start_run(const Project* project, const CommandMatch& match,
                                    const std::string& text, const std::string& caller,
                                    OnRunEnd on_end, Refusal& refusal);
  RunOutput::Pages pages_of(const RunRecord& record) const;
  void tidy();
  void tidy_later();

  const CommandOptions options_;
  WorkerPool& workers_;
  const base::Clock& clock_;
  Refusals refusals_;
  const std::unique_ptr<Parts> parts_;
  Hub* const hub_;
  std::function<void()> on_reload_ = [] {};
  base::Counter started_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const CommandList> list_ GUARDED_BY(mutex_);
};

}  // namespace gateway::commands
