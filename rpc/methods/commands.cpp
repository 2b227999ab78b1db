// Device commands: run_command and what goes with it.
#include "rpc/device_commands.h"
#include "rpc/methods/params.h"

namespace rpc {
namespace {

Result<DeviceCommands*> commands_of(const Context& context) {
  if (context.commands != nullptr) return context.commands;
  return fail(Errc::unavailable,
              "this daemon runs no commands: --commands FILE names those that it may run");
}

struct ToRun {
  std::string project;
  std::string command;
  static constexpr auto fields() {
    return std::tuple(
        base::field("project", &ToRun::project, "a project of the administrator's list"),
        base::field("command", &ToRun::command,
                    "a command of it and its arguments, or a line that it allows; split into words "
                    "as a shell does, and read by none"));
  }
};

Result<shape::CommandRun> run_command(Context& context, const ToRun& p) {
  EDGE_TRY(DeviceCommands* const commands, commands_of(context));
  return commands->run(context.caller, p.project, p.command);
}

struct OfRun {
  std::string id;
  static constexpr auto fields() {
    return std::tuple(base::field("id", &OfRun::id, "as run_command gave it"));
  }
};

Result<shape::CommandRun> cancel_command(Context& context, const OfRun& p) {
  EDGE_TRY(DeviceCommands* const commands, commands_of(context));
  return commands->cancel(context.caller, p.id);
}

struct Listed {
  std::optional<std::string> project;
  std::optional<std::uint32_t> limit;
  static constexpr auto fields() {
    return std::tuple(base::field("project", &Listed::project, "null: of all projects"),
                      base::field("limit", &Listed::limit, "at most so many; null: 100"));
  }
};

Result<std::vector<shape::CommandRun>> get_commands(Context& context, const Listed& p) {
  EDGE_TRY(DeviceCommands* const commands, commands_of(context));
  const std::size_t limit = p.limit.value_or(100);
  return commands->runs(context.caller, p.project, std::min(limit, DeviceCommands::kMaxRuns));
}

struct OutputOf : OfRun {
  std::optional<std::uint64_t> after;
  std::optional<std::uint32_t> limit;
  static constexpr auto fields() {
    return base::with_fields(
        OfRun::fields(),
        base::field("after", &OutputOf::after, "lines with a greater id; null: from the first"),
        base::field("limit", &OutputOf::limit, "at most so many; null: 1000, which is the most"));
  }
};

Result<shape::CommandOutput> get_command_output(Context& context, const OutputOf& p) {
  EDGE_TRY(DeviceCommands* const commands, commands_of(context));
  const std::size_t limit = p.limit.value_or(DeviceCommands::kMaxLines);
  return commands->output(context.caller, p.id, p.after.value_or(0),
                          std::clamp<std::size_t>(limit, 1, DeviceCommands::kMaxLines));
}

Row row(std::vector<Errc> errors) {
  errors.push_back(Errc::unavailable);
  errors.push_back(Errc::forbidden);
  errors.push_back(Errc::not_found);
  return {.scope = KeyScope::commands,
          .fuzz = Fuzz::safe,
          .errors = std::move(errors),
          .touches = TouchedAccounts::none};
}

}  // namespace

void add_command_methods(std::vector<Method>& table) {
  table.push_back(method<&run_command>(
      "run_command",
      "Starts a command that the administrator's list allows, and answers at once: its output "
      "comes "
      "by GET /projects/{project}/events?stream_id=ID, or by get_command_output.",
      row({Errc::invalid_argument, Errc::already_exists, Errc::exhausted})));
  table.push_back(method<&cancel_command>(
      "cancel_command", "Ends a running command: SIGTERM, and SIGKILL five seconds later.",
      row({Errc::already_exists})));
  table.push_back(method<&get_commands>(
      "get_commands", "The commands that run or have run, newest first.", row({})));
  table.push_back(method<&get_command_output>(
      "get_command_output", "What a command has written, as far as it is kept.", row({})));
}

}  // namespace rpc
