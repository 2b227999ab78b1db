// CommandList: every command and project that the administrator's file lists (docs/commands.md).
//
// Immutable; a reload makes another one. Runs hold the rows that they need, so an old list may go
// while its commands still run.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/commands/command.h"

namespace gateway::commands {

struct CommandList {
  static constexpr std::size_t kMaxFileBytes = 1024 * 1024;
  static constexpr std::size_t kMaxRows = 1000;  // commands; projects; lines of a project

  std::vector<std::shared_ptr<const Command>> commands;
  std::vector<std::shared_ptr<const Project>> projects;
  std::uint32_t at_once = 32;                          // runs of all commands together
  std::uint64_t keep_size = std::uint64_t{256} << 20;  // bytes of output that are kept, of all runs
  base::Millis keep_age = 7LL * 24 * 3600 * 1000;      // and for how long
  std::vector<std::string> warnings;  // what is no mistake and will hardly work, with its line

  std::shared_ptr<const Command> find_command(std::string_view name) const;
  std::shared_ptr<const Project> find_project(std::string_view name) const;
  std::size_t line_count() const;  // of all projects
};

// "3 commands, 1 project, 2 lines"
std::string sizes_of(const CommandList& list);

// `source` names the text in messages: "commands.toml:12: …". Every mistake is an error.
base::Result<CommandList> parse_command_list(std::string_view text, std::string_view source);

// Refused besides: a file that others may write, who could add commands of their own.
base::Result<CommandList> read_command_list(const std::filesystem::path& path);

}  // namespace gateway::commands
