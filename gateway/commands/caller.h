// Caller: who asks for a command, and whether the list of commands allows it. Nothing is allowed
// that a row does not name.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "gateway/commands/command.h"
#include "rpc/access.h"

namespace gateway::commands {

// Over HTTP or JSON-RPC: what the API key gives. Without keys callers on this machine have
// everything.
struct KeyCaller {
  std::shared_ptr<const rpc::Access> access;
};

// In a chat.
struct ContactCaller {
  std::string fingerprint;          // 64 hex digits in lower case
  std::vector<std::string> groups;  // ids of the groups that it is a member of, in lower case
};

using Caller = std::variant<KeyCaller, ContactCaller>;

// Whether the caller may run `command`; `project` is null for a command outside of projects.
// A key needs the scope `commands`, or `commands:NAME` with the name of the command or of the
// project; a key that was revoked may do nothing.
bool may_run(const Caller& caller, const Command& command, const Project* project);

}  // namespace gateway::commands
