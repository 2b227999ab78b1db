#include "gateway/metrics/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace gateway {
namespace {

std::uint64_t open_descriptors() {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir("/proc/self/fd"));
  if (!folder) return 0;
  std::uint64_t count = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's own
  while (const dirent* entry = ::readdir(folder.get())) count += entry->d_name[0] != '.' ? 1U : 0U;
  return count == 0 ? 0 : count - 1;  // without the one that looks
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Of /proc/self/stat: when it started, in seconds since 1970.
double started() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::ifstream boot_file("/proc/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 2));
  std::string word;
  for (int field = 3; field < 22; ++field) fields >> word;
  double ticks = 0;
  fields >> ticks;
  double boot = 0;
  for (std::string line; std::getline(boot_file, line);) {
    if (line.starts_with("btime ")) boot = std::stod(line.substr(6));
  }
  return boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

void write_process_figures(MetricsText& out) {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
            resident_pages * page);
  out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", virtual_pages * page);
  out.gauge("process_open_fds", "Number of open file descriptors.", open_descriptors());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  out.gauge("process_max_fds", "Maximum number of open file descriptors.",
            static_cast<std::uint64_t>(limit.rlim_cur));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
              seconds(usage.ru_utime) + seconds(usage.ru_stime));
  out.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
            started());
}

}  // namespace gateway
