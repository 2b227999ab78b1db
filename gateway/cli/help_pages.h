// What --help says, for a shell's completion and as a manual page: both are made from the commands
// and options as the parser knows them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace gateway::cli {

// Shown by --help and in the manual page. An example that names the program itself stays as it is;
// others get "privitty-edge " in front.
void add_examples(CLI::App& command, const std::vector<std::string>& examples);

// A script for bash, zsh or fish. Errc::invalid_argument for another shell.
base::Result<std::string> completion(const CLI::App& app, std::string_view shell);
// The page in man's language, section 1.
std::string manual_page(const CLI::App& app);
// The daemon's, from its settings.
std::string daemon_manual_page();

}  // namespace gateway::cli
