#include "gateway/cli/command_check.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "gateway/cli/print.h"
#include "gateway/commands/command_list.h"

namespace gateway::cli {
namespace {

using nlohmann::ordered_json;

ordered_json names_of(const auto& rows) {
  ordered_json out = ordered_json::array();
  for (const auto& row : rows) out.push_back(row->name);
  return out;
}

}  // namespace

base::Result<> check_commands(const CommandCheck& request) {
  EDGE_TRY(const auto list, commands::read_command_list(request.file));
  if (request.json) {
    const ordered_json out{{"commands", names_of(list.commands)},
                           {"projects", names_of(list.projects)},
                           {"lines", list.line_count()},
                           {"warnings", list.warnings}};
    std::printf("%s\n", out.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
    return {};
  }
  for (const std::string& warning : list.warnings) {
    std::fprintf(stderr, "warning: %s\n", plain(warning).c_str());
  }
  std::printf("%s is right: %s\n", plain(request.file).c_str(), sizes_of(list).c_str());
  return {};
}

}  // namespace gateway::cli
