// Commands that send and change messages: replies, reactions, edits, deletion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/cli/commands.h"

namespace gateway::cli {

struct SendRequest {
  std::string to;    // a chat's number or a contact's address
  std::string text;  // may be empty with a file; "-": standard input
  std::string file;  // ""; else a path on this machine
};

struct MessageRequest {
  std::uint32_t message = 0;
  std::string text;  // as above
  std::string file;
  std::vector<std::string> reactions;   // none: ours are taken back
  std::vector<std::uint32_t> messages;  // to delete
  bool for_all = false;
};

base::Result<> send(const Context& context, const SendRequest& request);
base::Result<> reply(const Context& context, const MessageRequest& request);
base::Result<> react(const Context& context, const MessageRequest& request);
base::Result<> edit(const Context& context, const MessageRequest& request);
base::Result<> delete_messages(const Context& context, const MessageRequest& request);

}  // namespace gateway::cli
