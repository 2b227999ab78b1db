// The commands about messages and groups, as the command line has them.
#pragma once

#include <string>

#include "gateway/cli/groups.h"
#include "gateway/cli/pins.h"
#include "gateway/cli/search.h"
#include "gateway/cli/send.h"

namespace CLI {
class App;
}

namespace gateway::cli {

struct TalkOptions {
  SendRequest send;
  MessageRequest message;
  SearchRequest search;
  PinRequest pin;
  GroupRequest group;
};

// Adds send, reply, react, edit, delete, pin, unpin, pins, search and groups. `options` outlives
// the parsing.
void describe_talk(CLI::App& app, TalkOptions& options);
// What is wrong with options that were parsed, "" when nothing is.
std::string talk_fault(const std::string& command, const TalkOptions& options);
bool is_talk(const std::string& command);
base::Result<> run_talk(const std::string& command, const Context& context,
                        const TalkOptions& options);

}  // namespace gateway::cli
