// Command: a program that callers may start, with which arguments, within which limits, and who
// may. Project: a folder with commands and with command lines that are allowed in it.
//
// Values of the list of commands (command_list.h); immutable once it is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gateway/commands/argument.h"
#include "gateway/commands/word_template.h"

namespace gateway::commands {

// Where a line's program is searched for when its row has no PATH.
inline constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// The limits of a run. Sizes are in bytes.
struct RunLimits {
  base::Millis time = 60'000;                         // then SIGTERM, then SIGKILL
  std::uint64_t output = 16 * 1024 * 1024;            // both streams together
  base::Millis cpu = 60'000;                          // of each process, rounded up to seconds
  std::uint64_t memory = 1024 * 1024 * 1024;          // address space of each process
  std::uint64_t processes = 64;                       // with their threads
  std::uint64_t file_size = std::uint64_t{64} << 20;  // of each file that is written
  std::uint32_t at_once = 1;                          // runs of this command

  friend bool operator==(const RunLimits&, const RunLimits&) = default;
};

enum class OutputMode : std::uint8_t { text, file, automatic };

std::string_view name_of(OutputMode mode);

// Who may run a command. Nobody, unless a member says so.
struct Allowed {
  bool keys = false;                  // API keys with the scope commands or commands:NAME
  std::vector<std::string> contacts;  // fingerprints, 64 hex digits in lower case
  std::vector<std::string> groups;    // ids of groups, 32 hex digits in lower case
};

struct Command {
  std::string name;  // of an allowed line of a project: the line as it was written
  std::string description;
  bool is_line = false;
  // `words` are the program and its arguments. With `shell` the first word is a script that
  // /bin/sh -c runs and the other words are its $1, $2, …: values never become text of the script.
  bool shell = false;
  std::vector<WordTemplate> words;
  std::vector<Argument> arguments;
  std::optional<std::filesystem::path> folder;  // nothing: the project's
  std::map<std::string, std::string> environment;
  RunLimits limits;
  OutputMode output_mode = OutputMode::text;
  bool input = false;  // callers may write to its standard input
  Allowed allowed;

  // The program's argument vector, for values that check_values() has let pass.
  std::vector<std::string> argv(std::span<const std::string> values) const;
  // The values of all arguments: given ones are checked, absent ones get their default.
  base::Result<std::vector<std::string>> check_values(
      const std::vector<std::optional<std::string>>& given) const;
  // "name PATH [COUNT]", or the line: for lists and refusals.
  std::string usage() const;
};

struct Project {
  std::string name;
  std::string description;
  std::filesystem::path folder;
  std::vector<std::shared_ptr<const Command>> commands;
  std::vector<std::shared_ptr<const Command>> lines;  // in the order of the file
};

}  // namespace gateway::commands
