// Decides a contact's request: who may run what from a chat. Only what the list of commands allows
// for the contact, or for a group that it is in, is allowed. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "gateway/commands/caller.h"
#include "gateway/commands/chat_text.h"
#include "gateway/commands/command_list.h"
#include "gateway/commands/command_match.h"
#include "messaging/model/device_manifest.h"

namespace gateway::commands {

// A plain text of a contact that may run nothing: it is no request.
struct NoRequest {
  bool attempt = false;  // it names a command all the same
};
struct ChatRefusal {
  ChatAnswer answer;
  bool attempt = false;  // at what is not allowed; else at what is not there, or a wrong value
};
struct BuiltIn {
  enum class Which : std::uint8_t { help, status };
  Which which = Which::help;
};
using ChatDecision = std::variant<NoRequest, ChatRefusal, BuiltIn, CommandMatch>;

// `list` is null where the device runs no commands.
//
//                                        the contact may run something    it may run nothing
//   the command is listed, and allowed   it is run                        -
//   listed, and not allowed              unauthorized                     unauthorized (*)
//   not listed                           obsolete                         unauthorized (*)
//   help, status                         answered                         unauthorized (*)
//   (*) of plain text: it is no request
ChatDecision decide_chat_request(const CommandList* list, const ContactCaller& caller,
                                 const ChatRequest& request);

// Whether the contact may run anything.
bool may_run_any(const CommandList& list, const ContactCaller& caller);

// The commands that the contact may run, help and status first.
std::vector<messaging::DeviceCommand> commands_for(const CommandList& list,
                                                   const ContactCaller& caller);
std::string help_text(const CommandList& list, const ContactCaller& caller);

}  // namespace gateway::commands
