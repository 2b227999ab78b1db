#include "gateway/commands/kept_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

fs::path real_path(const fs::path& path) {
  std::error_code unknown;
  fs::path real = fs::weakly_canonical(path, unknown);
  return unknown ? path : real;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [rest, other] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return rest == folder.end();
}

void judge_folder(std::vector<std::string>& out, const std::string& row, const fs::path& folder,
                  std::span<const std::string> hidden) {
  const fs::path real = real_path(folder);
  for (const std::string& path : hidden) {
    const fs::path kept = real_path(path);
    if (lies_in(real, kept)) {
      out.push_back(
          fmt::format("{}: its folder {} lies in {}, which is kept from commands: they can "
                      "open nothing there; give it another folder",
                      row, folder.string(), path));
      return;
    }
    if (lies_in(kept, real)) {
      out.push_back(
          fmt::format("{}: commands cannot list its folder {}, because {}, which is kept "
                      "from them, lies in it; give it another folder, or move that",
                      row, folder.string(), path));
      return;
    }
  }
}

}  // namespace

std::vector<std::string> kept_folders(const CommandList& list,
                                      std::span<const std::string> hidden) {
  std::vector<std::string> out;
  for (const auto& project : list.projects) {
    judge_folder(out, fmt::format("project \"{}\"", project->name), project->folder, hidden);
  }
  for (const auto& command : list.commands) {
    if (!command->folder) continue;
    judge_folder(out, fmt::format("command \"{}\"", command->name), *command->folder, hidden);
  }
  return out;
}

}  // namespace gateway::commands
