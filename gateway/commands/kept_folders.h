// Folders of the list in which commands hardly work, because of files and folders that the daemon
// keeps from them (landlock.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "gateway/commands/command_list.h"

namespace gateway::commands {

// One sentence for each project and command whose folder lies in a hidden path, or holds one and so
// cannot be listed. Touches the disk.
std::vector<std::string> kept_folders(const CommandList& list, std::span<const std::string> hidden);

}  // namespace gateway::commands
