// Which command of a project a text means: the name of one of its commands and the values of its
// arguments, or one of its allowed lines. The text is split into words and compared; no shell ever
// reads it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/commands/caller.h"
#include "gateway/commands/command.h"

namespace gateway::commands {

struct CommandMatch {
  std::shared_ptr<const Command> command;
  std::vector<std::string> values;  // of all arguments, checked
};

// Rows that the caller may not run are as good as absent. Errc::forbidden names what is allowed
// near the text; Errc::invalid_argument says what is wrong with a value, or that the text is no
// command line. Of several lines that match, the first of the file is taken.
base::Result<CommandMatch> match_command(const Project& project, std::string_view text,
                                         const Caller& caller);

}  // namespace gateway::commands
