// Reads one table of the list of commands: a command, or an allowed line of a project.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/commands/command.h"
#include "gateway/commands/toml_table.h"

namespace gateway::commands {

inline constexpr std::string_view kNameRule =
    "a name of 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit";

bool is_name(std::string_view text);

// Nothing is left to check when these return a row; the presence of the program is not looked at.
base::Result<std::shared_ptr<const Command>> read_command(const toml::table& table,
                                                          std::string_view file);
// `allowed` is the project's, for a line without its own.
base::Result<std::shared_ptr<const Command>> read_line(const toml::table& table,
                                                       std::string_view file,
                                                       std::string_view project,
                                                       const Allowed& allowed);
// The table `allow` of a row; nothing is allowed without it.
base::Result<Allowed> read_allowed(const toml::table& table, std::string_view file,
                                   const std::string& where);
// An absolute path without `..`.
std::optional<std::filesystem::path> read_folder(TomlTable& table, std::string_view name);

}  // namespace gateway::commands
