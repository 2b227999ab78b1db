#include "gateway/commands/command_list.h"

#include <fmt/format.h>

#include <algorithm>

namespace gateway::commands {
namespace {

template <class Rows>
auto find_named(const Rows& rows, std::string_view name) -> typename Rows::value_type {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row->name == name; });
  return found == rows.end() ? nullptr : *found;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::shared_ptr<const Command> CommandList::find_command(std::string_view name) const {
  return find_named(commands, name);
}

std::shared_ptr<const Project> CommandList::find_project(std::string_view name) const {
  return find_named(projects, name);
}

std::size_t CommandList::line_count() const {
  std::size_t out = 0;
  for (const auto& project : projects) out += project->lines.size();
  return out;
}

std::string sizes_of(const CommandList& list) {
  return fmt::format("{}, {}, {}", counted(list.commands.size(), "command"),
                     counted(list.projects.size(), "project"), counted(list.line_count(), "line"));
}

}  // namespace gateway::commands
