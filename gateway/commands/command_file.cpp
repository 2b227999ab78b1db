// The file of --commands as a whole: parse_command_list() and read_command_list().
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "gateway/commands/command_list.h"
#include "gateway/commands/command_rows.h"
#include "gateway/loop/fd.h"
#include "gateway/text/given_text.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kMaxCommandsOfProject = 1000;

bool is_program(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_regular_file(path, unreadable) && ::access(path.c_str(), X_OK) == 0;
}

// As the launcher will look for it.
bool is_there(const std::string& program, const Command& command, const fs::path& folder) {
  if (program.find('/') != std::string::npos) return is_program(folder / program);
  const auto given = command.environment.find("PATH");
  std::string_view path = given == command.environment.end() ? kDefaultPath : given->second;
  while (!path.empty()) {
    const auto end = path.find(':');
    if (is_program(folder / fs::path(path.substr(0, end)) / program)) return true;
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return false;
}

// `folder` is what the row runs in when it names none.
void note_missing_parts(CommandList& list, const Command& command, const fs::path& folder,
                        const std::string& place) {
  const fs::path where = command.folder.value_or(folder);
  std::error_code unreadable;
  if (command.folder && !fs::is_directory(where, unreadable)) {
    list.warnings.push_back(fmt::format("{}there is no folder {}", place, where.string()));
  }
  if (command.shell) return;
  const std::string& program = command.words.front().before;
  if (is_there(program, command, where)) return;
  list.warnings.push_back(
      fmt::format("{}there is no program {} that this user may run", place, program));
}

void note_unusable(CommandList& list, const Command& command, const std::string& place) {
  if (command.allowed.keys || !command.allowed.contacts.empty() ||
      !command.allowed.groups.empty()) {
    return;
  }
  list.warnings.push_back(fmt::format("{}nobody may run it: add an 'allow' table", place));
}

Result<std::shared_ptr<const Project>> read_project(const toml::table& given, std::string_view file,
                                                    CommandList& list) {
  TomlTable table(given, file, "project");
  Project out;
  out.name = table.required_text("name");
  if (!is_name(out.name)) table.mistake("name", fmt::format("expected {}", kNameRule));
  const std::string where = fmt::format("project \"{}\"", out.name);
  if (!table.wrong()) table.rename(where);
  out.description = table.text("description").value_or("");
  if (!given.contains("folder")) {
    table.mistake("", "expected a member 'folder', and there is none");
  }
  out.folder = read_folder(table, "folder").value_or(fs::path());
  if (std::error_code unreadable; !fs::is_directory(out.folder, unreadable)) {
    list.warnings.push_back(fmt::format("{}:{}: {}: there is no folder {}", file,
                                        given.source().begin.line, where, out.folder.string()));
  }
  const auto names = table.texts("commands", kMaxCommandsOfProject);
  std::set<std::string> seen;
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    auto command = list.find_command(name);
    if (command == nullptr) {
      table.mistake("commands",
                    fmt::format("expected the name of a [[command]], not \"{}\"", name));
    } else if (!seen.insert(name).second) {
      table.mistake("commands", fmt::format("'{}' stands twice", name));
    }
    out.commands.push_back(std::move(command));
  }
  Allowed allowed;
  if (const toml::table* allow = table.table("allow")) {
    EDGE_TRY(allowed, read_allowed(*allow, file, where));
  }
  for (const toml::table* each : table.tables("line", CommandList::kMaxRows)) {
    EDGE_TRY(auto line, read_line(*each, file, out.name, allowed));
    if (!seen.insert(line->name).second) {
      table.mistake("line", fmt::format("'{}' stands twice", line->name));
    }
    const std::string place =
        fmt::format("{}:{}: {}: line '{}': ", file, each->source().begin.line, where, line->name);
    note_missing_parts(list, *line, out.folder, place);
    note_unusable(list, *line, place);
    out.lines.push_back(std::move(line));
  }
  EDGE_CHECK(table.done());
  return std::make_shared<const Project>(std::move(out));
}

Result<std::string> read_text(const fs::path& path) {
  const auto what = "the list of commands " + path.string();
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return base::fail_errno(Errc::io, what, errno);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return fail(Errc::invalid_argument, what + ": expected a regular file");
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::forbidden,
                what +
                    " can be written by others, who could add commands of their own: chmod "
                    "go-w it");
  }
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid()) {
    return fail(Errc::forbidden, what +
                                     " belongs to another user, who could add commands of its "
                                     "own: it has to be root's or this user's");
  }
  std::string text(CommandList::kMaxFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(Errc::io, what, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<CommandList> parse_command_list(std::string_view text, std::string_view source) {
  if (text.size() > CommandList::kMaxFileBytes) {
    return fail(Errc::too_large,
                fmt::format("{}: expected {} bytes at most", source, CommandList::kMaxFileBytes));
  }
  EDGE_TRY(const toml::table whole, parse_toml(without_bom(text), source));
  TomlTable table(whole, source, "");
  CommandList out;
  out.at_once =
      static_cast<std::uint32_t>(table.integer("at_once", 1, 1'000).value_or(out.at_once));
  out.keep_size = table.size("keep_size", std::uint64_t{1} << 20, std::uint64_t{1} << 40)
                      .value_or(out.keep_size);
  out.keep_age =
      table.duration("keep_age", 60'000, 366LL * 24 * 3600 * 1000).value_or(out.keep_age);
  std::map<std::string, std::string> names;  // and what has the name
  for (const toml::table* each : table.tables("command", CommandList::kMaxRows)) {
    EDGE_TRY(auto command, read_command(*each, source));
    const std::string place =
        fmt::format("{}:{}: command \"{}\": ", source, each->source().begin.line, command->name);
    if (!names.emplace(command->name, "command").second) {
      return fail(Errc::invalid_argument, place + "another command has this name");
    }
    note_missing_parts(out, *command, "/", place);
    note_unusable(out, *command, place);
    out.commands.push_back(std::move(command));
  }
  for (const toml::table* each : table.tables("project", CommandList::kMaxRows)) {
    EDGE_TRY(auto project, read_project(*each, source, out));
    // One kind of name, so that the scope commands:NAME means one thing.
    if (const auto [other, is_new] = names.emplace(project->name, "project"); !is_new) {
      return fail(Errc::invalid_argument,
                  fmt::format("{}:{}: project \"{}\": a {} has this name; keys are given rights by "
                              "name, so expected another",
                              source, each->source().begin.line, project->name, other->second));
    }
    out.projects.push_back(std::move(project));
  }
  EDGE_CHECK(table.done());
  return out;
}

Result<CommandList> read_command_list(const fs::path& path) {
  EDGE_TRY(const std::string text, read_text(path));
  return parse_command_list(text, path.string());
}

}  // namespace gateway::commands
