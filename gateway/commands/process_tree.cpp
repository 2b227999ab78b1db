#include "gateway/commands/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/loop/fd.h"

namespace gateway::commands {
namespace {

// The beginning of a small file of /proc; "" when the process has gone.
std::string read_proc(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return "";
  char bytes[4096];
  const ssize_t size = ::read(fd.get(), bytes, sizeof bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : "";
}

// The field of a line of /proc/PID/stat by its number there; those from 3 on, because the second
// one is the program's name and may hold anything.
std::optional<std::uint64_t> field(std::string_view stat, int number) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  for (int at = 3;; ++at) {
    const auto begin = stat.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(begin);
    const std::string_view word = stat.substr(0, stat.find(' '));
    if (at == number) {
      std::uint64_t value = 0;
      const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
      return read.ec == std::errc() ? std::optional(value) : std::nullopt;
    }
    stat.remove_prefix(word.size());
  }
}

std::optional<ProcessFacts> facts_of(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const auto parent = field(stat, 4), started = field(stat, 22);
  if (!parent || !started) return std::nullopt;
  return ProcessFacts{.pid = pid, .parent = static_cast<pid_t>(*parent), .started = *started};
}

template <class Visit>
void for_each_pid(Visit&& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder.get())) {  // NOLINT: one thread
    pid_t pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    const auto read = std::from_chars(entry->d_name, end, pid);
    if (read.ec == std::errc() && read.ptr == end) visit(pid);
  }
}

// The number after a label of /proc/PID/status.
std::uint64_t number_after(std::string_view status, std::string_view label) {
  const auto at = status.find(label);
  if (at == std::string_view::npos) return 0;
  status.remove_prefix(at + label.size());
  const auto begin = status.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return 0;
  std::uint64_t value = 0;
  std::from_chars(status.data() + begin, status.data() + status.size(), value);
  return value;
}

}  // namespace

std::vector<ProcessFacts> all_processes() {
  std::vector<ProcessFacts> out;
  for_each_pid([&](pid_t pid) {
    if (const auto facts = facts_of(pid)) out.push_back(*facts);
  });
  return out;
}

std::vector<ProcessFacts> descendants_of(pid_t ancestor, const std::vector<ProcessFacts>& all) {
  std::vector<ProcessFacts> out;
  std::vector<pid_t> parents{ancestor};
  for (std::size_t at = 0; at < parents.size(); ++at) {
    for (const ProcessFacts& each : all) {
      if (each.parent != parents[at] || each.pid == ancestor) continue;
      out.push_back(each);
      parents.push_back(each.pid);
    }
    // A process that was read before its new parent may close a circle.
    if (parents.size() > all.size()) break;
  }
  return out;
}

void signal_process(const ProcessFacts& process, int signal) {
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!handle) {
    if (errno == ENOSYS) ::kill(process.pid, signal);  // before Linux 5.3
    return;
  }
  const auto now = facts_of(process.pid);
  if (!now || now->started != process.started) return;
  ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0);
}

std::uint64_t tasks_of_this_user() {
  std::uint64_t out = 0;
  for_each_pid([&](pid_t pid) {
    const std::string status = read_proc(pid, "status");
    if (status.empty() || number_after(status, "\nUid:") != ::getuid()) return;
    out += number_after(status, "\nThreads:");
  });
  return out;
}

}  // namespace gateway::commands
