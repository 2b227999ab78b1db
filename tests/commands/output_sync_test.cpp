// What of output survives a power cut: what a file held when it was synced. This program's own
// fdatasync() notes it.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>
#include <mutex>

#include "crypto/init.h"
#include "gateway/commands/output_log.h"
#include "tests/support/catch.h"

namespace {

namespace fs = std::filesystem;

std::mutex on_disk_mutex;
std::map<std::string, std::uintmax_t> on_disk;  // path: size at its last sync

void note_sync(int fd) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  if (size <= 0) return;
  const std::string name(path.data(), static_cast<std::size_t>(size));
  std::error_code unknown;
  const std::scoped_lock lock(on_disk_mutex);
  on_disk[name] = fs::file_size(name, unknown);
}

}  // namespace

extern "C" int fdatasync(int fd) {
  const auto result = static_cast<int>(::syscall(SYS_fdatasync, fd));
  if (result == 0) note_sync(fd);
  return result;
}

namespace gateway::commands {
namespace {

struct SyncedFolder {
  SyncedFolder() {
    REQUIRE(crypto::init());
    std::string pattern = (fs::temp_directory_path() / "synced-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    log = OutputLog::open(path, vault, {}).value();
  }
  ~SyncedFolder() { fs::remove_all(path); }
  void append(const std::string& run, std::size_t count) {
    std::vector<OutputEntry> lines;
    for (std::size_t i = 0; i < count; ++i) {
      lines.push_back({.id = base::EventId(++last),
                       .piece = {.text = std::string(1000, 'x'),
                                 .more = false,
                                 .replaced = false,
                                 .progress = false}});
    }
    log->append(run, lines);
  }
  // Bytes of the run's files that are not on the disk.
  std::uintmax_t at_risk(const std::string& run) const {
    std::uintmax_t out = 0;
    const std::scoped_lock lock(on_disk_mutex);
    for (const auto& file : fs::directory_iterator(path)) {
      if (!file.path().filename().string().starts_with(run + ".")) continue;
      const auto synced = on_disk.find(file.path().string());
      out += file.file_size() - (synced == on_disk.end() ? 0 : synced->second);
    }
    return out;
  }

  std::string path;
  store::Vault vault{crypto::RecordKey::generate()};
  std::unique_ptr<OutputLog> log;
  std::uint64_t last = 0;
};

TEST_CASE("the output of a run is on the disk after its sync, in all of its files") {
  SyncedFolder folder;
  folder.log->set_bounds({.file_bytes = 10'000});
  for (int i = 0; i < 5; ++i) folder.append("a", 9);
  folder.append("b", 3);
  CHECK(folder.at_risk("a") > 45'000);
  REQUIRE(folder.log->sync("a"));
  CHECK(folder.at_risk("a") == 0);
  CHECK(folder.at_risk("b") > 3'000);
  folder.append("a", 1);
  CHECK(folder.at_risk("a") > 1'000);
  folder.log->finish("a");
  REQUIRE(folder.log->sync());
  CHECK(folder.at_risk("a") == 0);
  CHECK(folder.at_risk("b") == 0);
}

TEST_CASE("output that went meanwhile fails no sync") {
  SyncedFolder folder;
  folder.append("a", 3);
  folder.log->remove("a");
  CHECK(folder.log->sync("a"));
  folder.append("b", 3);
  for (const auto& file : fs::directory_iterator(folder.path)) fs::remove(file.path());
  CHECK(folder.log->sync());
}

}  // namespace
}  // namespace gateway::commands
