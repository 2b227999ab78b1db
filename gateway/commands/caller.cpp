#include "gateway/commands/caller.h"

#include <algorithm>

namespace gateway::commands {
namespace {

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool key_may(const rpc::Access& access, const Command& command, const Project* project) {
  if (!command.allowed.keys || access.ended()) return false;
  // A line's name is its text, which no scope can name.
  if (!command.is_line && access.may_run_command(command.name)) return true;
  return project != nullptr && access.may_run_command(project->name);
}

bool contact_may(const ContactCaller& caller, const Allowed& allowed) {
  return holds(allowed.contacts, caller.fingerprint) ||
         std::any_of(caller.groups.begin(), caller.groups.end(),
                     [&](const std::string& group) { return holds(allowed.groups, group); });
}

}  // namespace

bool may_run(const Caller& caller, const Command& command, const Project* project) {
  if (const auto* key = std::get_if<KeyCaller>(&caller)) {
    return key->access != nullptr && key_may(*key->access, command, project);
  }
  return contact_may(std::get<ContactCaller>(caller), command.allowed);
}

}  // namespace gateway::commands
