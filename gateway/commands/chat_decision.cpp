#include "gateway/commands/chat_decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/text/nearest.h"

namespace gateway::commands {
namespace {

using base::Errc;
using messaging::DeviceArgument;
using messaging::DeviceArgumentType;
using messaging::DeviceCommand;
using messaging::DeviceOutputMode;

constexpr std::string_view kHelp = "help";
constexpr std::string_view kStatus = "status";

ChatRefusal refusal(std::string status, std::string message, bool attempt = false) {
  ChatAnswer answer;
  answer.status = std::move(status);
  answer.message = std::move(message);
  return {std::move(answer), attempt};
}

DeviceArgument shown(const Argument& argument) {
  DeviceArgument out;
  out.name = argument.name;
  out.preset = argument.preset;
  switch (argument.type) {
    case ArgumentType::choice:
      out.type = DeviceArgumentType::choice;
      out.choices = argument.choices;
      break;
    case ArgumentType::integer:
      out.type = DeviceArgumentType::integer;
      break;
    case ArgumentType::string:
      out.type = DeviceArgumentType::string;
      break;
  }
  return out;
}

DeviceOutputMode shown(OutputMode mode) {
  switch (mode) {
    case OutputMode::file:
      return DeviceOutputMode::file;
    case OutputMode::automatic:
      return DeviceOutputMode::automatic;
    case OutputMode::text:
      break;
  }
  return DeviceOutputMode::text;
}

DeviceCommand built_in(std::string_view name, std::string description) {
  DeviceCommand out;
  out.name = name;
  out.description = std::move(description);
  return out;
}

// The values in the order of the arguments; by their names or by their places.
base::Result<std::vector<std::optional<std::string>>> given_values(const Command& command,
                                                                   const ChatRequest& request) {
  std::vector<std::optional<std::string>> given(command.arguments.size());
  if (const auto* words = std::get_if<std::vector<std::string>>(&request.values)) {
    if (words->size() > given.size()) {
      return base::fail(Errc::invalid_argument,
                        fmt::format("it takes {} arguments, not {}: {}", given.size(),
                                    words->size(), command.usage()));
    }
    std::copy(words->begin(), words->end(), given.begin());
    return given;
  }
  for (const auto& [name, value] : std::get<0>(request.values)) {
    const auto found = std::find_if(command.arguments.begin(), command.arguments.end(),
                                    [&name = name](const auto& each) { return each.name == name; });
    if (found == command.arguments.end()) {
      return base::fail(Errc::invalid_argument, fmt::format("it has no argument '{}': {}",
                                                            name.substr(0, 64), command.usage()));
    }
    given[static_cast<std::size_t>(found - command.arguments.begin())] = value;
  }
  return given;
}

ChatDecision match(const std::shared_ptr<const Command>& command, const ChatRequest& request) {
  auto given = given_values(*command, request);
  if (!given) return refusal("failed", std::move(given).error().message);
  auto values = command->check_values(*given);
  if (!values) return refusal("failed", std::move(values).error().message);
  return CommandMatch{command, std::move(*values)};
}

}  // namespace

bool may_run_any(const CommandList& list, const ContactCaller& caller) {
  return std::any_of(list.commands.begin(), list.commands.end(),
                     [&](const auto& command) { return may_run(caller, *command, nullptr); });
}

ChatDecision decide_chat_request(const CommandList* list, const ContactCaller& caller,
                                 const ChatRequest& request) {
  const auto command = list != nullptr ? list->find_command(request.command) : nullptr;
  if (list == nullptr || !may_run_any(*list, caller)) {
    if (!request.id) return NoRequest{.attempt = command != nullptr};
    return refusal(
        "unauthorized",
        list == nullptr ? "This device runs no commands." : "This device runs no commands for you.",
        true);
  }
  if (request.command == kHelp) return BuiltIn{BuiltIn::Which::help};
  if (request.command == kStatus) return BuiltIn{BuiltIn::Which::status};
  if (command == nullptr) {
    std::vector<std::string_view> names{kHelp, kStatus};
    for (const auto& row : list->commands) {
      if (may_run(caller, *row, nullptr)) names.push_back(row->name);
    }
    const std::string_view meant = nearest(request.command, names);
    return refusal("obsolete",
                   meant.empty() ? "There is no such command here (any more); help lists those "
                                   "there are."
                                 : fmt::format("There is no such command here (any more); did you "
                                               "mean {}?",
                                               meant));
  }
  if (!may_run(caller, *command, nullptr)) {
    return refusal("unauthorized", "You may not run this command.", true);
  }
  return match(command, request);
}

std::vector<DeviceCommand> commands_for(const CommandList& list, const ContactCaller& caller) {
  std::vector<DeviceCommand> out;
  for (const auto& command : list.commands) {
    if (!may_run(caller, *command, nullptr)) continue;
    DeviceCommand one;
    one.name = command->name;
    one.description = command->description;
    one.output_mode = shown(command->output_mode);
    for (const Argument& argument : command->arguments) one.arguments.push_back(shown(argument));
    out.push_back(std::move(one));
  }
  if (out.empty()) return out;
  out.insert(out.begin(),
             {built_in(kHelp, "Lists the commands"), built_in(kStatus, "How this device is")});
  return out;
}

std::string help_text(const CommandList& list, const ContactCaller& caller) {
  std::string out = "Available commands:";
  for (const DeviceCommand& command : commands_for(list, caller)) {
    out += fmt::format("\n/{} — {}", command.name,
                       command.description.empty() ? "no description" : command.description);
    if (command.arguments.empty()) continue;
    out += " (";
    for (std::size_t i = 0; i < command.arguments.size(); ++i) {
      const DeviceArgument& argument = command.arguments[i];
      out += i == 0 ? "" : ", ";
      out +=
          argument.preset ? fmt::format("{}: {}", argument.name, *argument.preset) : argument.name;
    }
    out += ")";
  }
  return out;
}

}  // namespace gateway::commands
