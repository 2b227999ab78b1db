#include "gateway/commands/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/loop/fd.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "privitty-run-";

bool write_file(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Where version 2 is mounted with its own root; a line of mountinfo(5) is
// "36 35 98:0 ROOT PLACE options - TYPE …".
std::string mount_place() {
  std::ifstream in("/proc/self/mountinfo");
  std::string line;
  while (std::getline(in, line)) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words(line);
    std::string id, parent, device, root, place;
    words >> id >> parent >> device >> root >> place;
    if (root == "/") return place;
  }
  return "";
}

// The folder of this process's group; "" when there is none.
std::string own_folder() {
  const std::string place = mount_place();
  if (place.empty()) return "";
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("0::/")) return line == "0::/" ? place : place + line.substr(3);
  }
  return "";
}

}  // namespace

std::string Cgroup::name_for(int helper, std::uint64_t number) {
  return fmt::format("{}{}-{}", kPrefix, helper, number);
}

std::optional<Cgroup> Cgroup::make(const std::string& name, const RunLimits& limits) {
  const std::string own = own_folder();
  if (own.empty()) return std::nullopt;
  const std::string folder = own + "/" + name;
  if (::mkdir(folder.c_str(), 0755) != 0) return std::nullopt;
  // Absent where the controllers are not delegated: then the limits of each process hold alone.
  write_file(folder + "/pids.max", fmt::format("{}", limits.processes));
  write_file(folder + "/memory.max", fmt::format("{}", limits.memory));
  return Cgroup(folder);
}

bool Cgroup::enter() const { return write_file(folder_ + "/cgroup.procs", "0"); }

void Cgroup::kill() const { write_file(folder_ + "/cgroup.kill", "1"); }

void Cgroup::remove() const {
  // The last process leaves its group a moment after it was reaped.
  for (int attempt = 0; attempt < 50 && ::rmdir(folder_.c_str()) != 0 && errno == EBUSY;
       ++attempt) {
    ::usleep(2'000);
  }
}

void Cgroup::clean_up() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(own_folder(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    int helper = 0;
    const char* begin = name.data() + kPrefix.size();
    std::from_chars(begin, name.data() + name.size(), helper);
    if (helper <= 0 || ::kill(helper, 0) == 0 || errno != ESRCH) continue;
    const Cgroup left(entry.path().string());
    left.kill();
    left.remove();
  }
}

}  // namespace gateway::commands
