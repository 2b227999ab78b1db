#include "bench/sse_load/server_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace {

struct Stat {
  int parent = 0;
  double ticks = 0;
};

// What follows the name, which may hold anything, in /proc/PID/stat.
Stat read_stat(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  Stat stat;
  fields >> state >> stat.parent;
  std::string skipped;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  stat.ticks = user + system;
  return stat;
}

std::size_t resident_of(const std::filesystem::path& folder) {
  std::ifstream file(folder / "smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Rss:")) return std::stoul(line.substr(4)) * 1024;
  }
  return 0;
}

}  // namespace

ServerUsage ServerUsage::of(int pid) {
  ServerUsage usage;
  if (pid == 0) return usage;
  std::map<int, Stat> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      all[std::stoi(name)] = read_stat(entry.path());
    }
  }
  std::set<int> family{pid};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [child, stat] : all) {
      if (family.contains(stat.parent)) grew |= family.insert(child).second;
    }
  }
  for (const int one : family) {
    usage.processor += all[one].ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    usage.resident += resident_of(std::filesystem::path("/proc") / std::to_string(one));
  }
  return usage;
}
