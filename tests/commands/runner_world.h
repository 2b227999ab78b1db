// What tests of the runner share: a helper process with a runner, records of what runs did, and the
// processes that they left.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/commands/process_tree.h"
#include "gateway/commands/runner.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"

namespace gateway::commands::runner_tests {

namespace fs = std::filesystem;
using namespace std::chrono_literals;  // NOLINT: tests count in seconds

#if defined(__has_feature)
#define EDGE_TEST_FEATURE(name) __has_feature(name)
#else
#define EDGE_TEST_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || EDGE_TEST_FEATURE(address_sanitizer)
// AddressSanitizer keeps what was freed, up to 256 MiB of it.
inline constexpr std::uint64_t kGigabytes = std::uint64_t{1} << 28;
inline constexpr std::uint64_t kConstant = std::uint64_t{512} << 20;
#else
inline constexpr std::uint64_t kGigabytes = std::uint64_t{2} << 30;
inline constexpr std::uint64_t kConstant = std::uint64_t{16} << 20;
#endif
inline constexpr auto kPatience = 60s;

// What one run did; shared with its watcher.
struct Record {
  base::Mutex mutex;
  base::Condition changed;
  std::deque<std::pair<OutputStream, OutputPiece>> pieces GUARDED_BY(mutex);
  std::uint64_t bytes GUARDED_BY(mutex) = 0;
  std::uint64_t count GUARDED_BY(mutex) = 0;
  std::optional<RunEnd> end GUARDED_BY(mutex);
  std::size_t most = 1'000;  // pieces that are kept

  RunEnd wait() {
    base::Lock lock(mutex);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!end) {
      if (std::chrono::steady_clock::now() > until) FAIL("the run does not end");
      changed.wait_for(mutex, 100ms);
    }
    return *end;
  }
  void wait_for_line(std::string_view line) {
    base::Lock lock(mutex);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      for (const auto& [stream, piece] : pieces) {
        if (piece.text == line) return;
      }
      if (end) FAIL("the run ended without the line " << line << ": " << end->message);
      if (std::chrono::steady_clock::now() > until) FAIL("no line " << line);
      changed.wait_for(mutex, 100ms);
    }
  }
  // The lines of a stream, joined.
  std::string text(OutputStream stream = OutputStream::output) {
    base::Lock lock(mutex);
    std::string out;
    for (const auto& [from, piece] : pieces) {
      if (from == stream) out += piece.text + (piece.more ? "" : "\n");
    }
    return out;
  }
};

class Watcher final : public RunWatcher {
 public:
  explicit Watcher(std::shared_ptr<Record> record) : record_(std::move(record)) {}
  void on_output(OutputStream stream, OutputPiece piece) override {
    base::Lock lock(record_->mutex);
    record_->bytes += piece.text.size() + (piece.more ? 0 : 1);
    ++record_->count;
    if (record_->pieces.size() < record_->most) {
      record_->pieces.emplace_back(stream, std::move(piece));
    }
    record_->changed.notify_all();
  }
  void on_end(const RunEnd& end) override {
    base::Lock lock(record_->mutex);
    record_->end = end;
    record_->changed.notify_all();
  }

 private:
  const std::shared_ptr<Record> record_;
};

struct World {
  explicit World(bool cgroups = true) : launcher(*Launcher::fork(cgroups)) {
    ::signal(SIGPIPE, SIG_IGN);  // as the daemon has it
    runner = *Runner::make(*launcher, clock);
  }

  base::Result<RunNumber> try_start(const RunSpec& spec, std::shared_ptr<Record> record,
                                    Runner::Place place = {.row = "x", .at_once_all = 1'000}) {
    return runner->start(spec, std::move(place), std::make_unique<Watcher>(std::move(record)));
  }
  std::shared_ptr<Record> start(const RunSpec& spec) {
    auto record = std::make_shared<Record>();
    const auto number = try_start(spec, record);
    if (!number) FAIL(number.error().message);
    last = *number;
    return record;
  }

  base::SystemClock clock;
  std::unique_ptr<Launcher> launcher;
  std::unique_ptr<Runner> runner;
  RunNumber last = 0;
};

inline RunSpec spec_for(std::vector<std::string> argv) {
  RunSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  spec.folder = "/";
  spec.limits.at_once = 1'000;
  return spec;
}

inline RunSpec script(std::string text) { return spec_for({"/bin/sh", "-c", std::move(text)}); }

// A number that only processes of one test have in their arguments: "sleep 71234.5".
inline std::string new_mark() {
  static int count = 0;
  return "7" + std::to_string(::getpid()) + std::to_string(++count) + ".5";
}

inline std::vector<pid_t> processes_with(const std::string& mark) {
  std::vector<pid_t> out;
  for (const ProcessFacts& each : all_processes()) {
    std::ifstream in("/proc/" + std::to_string(each.pid) + "/cmdline", std::ios::binary);
    // Not by an iterator, which throws when the process ends meanwhile.
    std::string words(4096, '\0');
    in.read(words.data(), static_cast<std::streamsize>(words.size()));
    words.resize(static_cast<std::size_t>(in.gcount()));
    if (words.find(mark) != std::string::npos) out.push_back(each.pid);
  }
  return out;
}

inline bool all_gone(const std::string& mark) {
  return ::test::eventually([&] { return processes_with(mark).empty(); });
}

inline std::uint64_t memory_in_use() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace gateway::commands::runner_tests
