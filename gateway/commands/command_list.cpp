#include "gateway/commands/command_list.h"

#include <algorithm>

namespace gateway::commands {
namespace {

template <class Rows>
auto find_named(const Rows& rows, std::string_view name) -> typename Rows::value_type {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row->name == name; });
  return found == rows.end() ? nullptr : *found;
}

}  // namespace

std::shared_ptr<const Command> CommandList::find_command(std::string_view name) const {
  return find_named(commands, name);
}

std::shared_ptr<const Project> CommandList::find_project(std::string_view name) const {
  return find_named(projects, name);
}

}  // namespace gateway::commands
