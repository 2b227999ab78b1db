// Commands run within their limits, their output comes through, and nothing is left running.
#include "gateway/commands/runner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "gateway/commands/landlock.h"
#include "gateway/commands/process_tree.h"
#include "gateway/commands/utf8.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

#if defined(__has_feature)
#define EDGE_TEST_FEATURE(name) __has_feature(name)
#else
#define EDGE_TEST_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || EDGE_TEST_FEATURE(address_sanitizer)
// AddressSanitizer keeps what was freed, up to 256 MiB of it.
constexpr std::uint64_t kGigabytes = std::uint64_t{1} << 28;
constexpr std::uint64_t kConstant = std::uint64_t{512} << 20;
#else
constexpr std::uint64_t kGigabytes = std::uint64_t{2} << 30;
constexpr std::uint64_t kConstant = std::uint64_t{16} << 20;
#endif
constexpr auto kPatience = 60s;

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

RunSpec spec_for(std::vector<std::string> argv) {
  RunSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  spec.folder = "/";
  spec.limits.at_once = 1'000;
  return spec;
}

RunSpec script(std::string text) { return spec_for({"/bin/sh", "-c", std::move(text)}); }

// A number that only processes of one test have in their arguments: "sleep 71234.5".
std::string new_mark() {
  static int count = 0;
  return "7" + std::to_string(::getpid()) + std::to_string(++count) + ".5";
}

std::vector<pid_t> processes_with(const std::string& mark) {
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

bool all_gone(const std::string& mark) {
  return ::test::eventually([&] { return processes_with(mark).empty(); });
}

std::uint64_t memory_in_use() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("a command's lines and exit code come through, each line from its stream") {
  World world;
  const auto record = world.start(script("echo one; echo two >&2; printf three; exit 7"));
  const RunEnd end = record->wait();
  CHECK(end.why == RunEnd::Why::exited);
  CHECK(end.exit_code == 7);
  CHECK_FALSE(end.signal);
  CHECK(end.message.empty());
  CHECK(end.output_bytes == 13);
  CHECK(record->text() == "one\nthree\n");
  CHECK(record->text(OutputStream::errors) == "two\n");
  CHECK(world.runner->running() == 0);
}

TEST_CASE("arguments reach the program as they are, whatever they hold") {
  World world;
  const auto record =
      world.start(spec_for({"/usr/bin/printf", "<%s>", "$(id)", "a b", "*", "", "';\"\\", "ü"}));
  CHECK(record->wait().exit_code == 0);
  CHECK(record->text() == "<$(id)><a b><*><><';\"\\><ü>\n");
}

TEST_CASE("a program without a path is found in the command's own PATH and nowhere else") {
  World world;
  RunSpec spec = spec_for({"printf", "found"});
  CHECK(world.start(spec)->wait().exit_code == 0);
  spec.environment = {"PATH=:.:bin:/nowhere"};
  spec.folder = "/usr/bin";
  const RunEnd end = world.start(spec)->wait();
  CHECK(end.why == RunEnd::Why::not_started);
  CHECK(end.message == "printf could not run the program: No such file or directory");
}

TEST_CASE("a command that cannot be started says at what it failed") {
  World world;
  RunSpec spec = spec_for({"/no/such/program"});
  CHECK(world.start(spec)->wait().message ==
        "/no/such/program could not run the program: No such file or directory");
  spec = spec_for({"/bin/true"});
  spec.folder = "/no/such/folder";
  const RunEnd end = world.start(spec)->wait();
  CHECK(end.why == RunEnd::Why::not_started);
  CHECK(end.message == "/bin/true could not enter the working folder: No such file or directory");
  CHECK(world.runner->running() == 0);
}

TEST_CASE("a command gets nothing of the daemon's environment, descriptors, signals or terminal") {
  ::setenv("EDGE_SECRET_FOR_TEST", "sesame", 1);
  const int leaked = ::open("/dev/null", O_RDONLY);  // no close-on-exec
  REQUIRE(leaked >= 0);
  ::signal(SIGPIPE, SIG_IGN);
  World world;
  RunSpec spec = script(
      "env; echo fds $(ls /proc/self/fd | wc -l); cat; grep -E "
      "'NoNewPrivs|SigIgn|SigBlk' /proc/self/status; echo ids $$ $(cut -d' ' -f5,6 /proc/$$/stat); "
      "pwd; cat /proc/self/oom_score_adj");
  spec.environment.emplace_back("EXTRA=yes");
  const auto record = world.start(spec);
  CHECK(record->wait().exit_code == 0);
  const std::string text = record->text();
  INFO(text);
  CHECK(text.find("EDGE_SECRET") == std::string::npos);
  CHECK(text.find("EXTRA=yes\n") != std::string::npos);
  CHECK(text.find("LANG=C.UTF-8\n") != std::string::npos);
  CHECK(text.find("fds 4\n") != std::string::npos);  // 0, 1, 2 and the folder that ls reads
  CHECK(text.find("NoNewPrivs:\t1\n") != std::string::npos);
  CHECK(text.find("SigBlk:\t0000000000000000\n") != std::string::npos);
  CHECK(text.find("SigIgn:\t0000000000000000\n") != std::string::npos);
  CHECK(text.find("\n/\n500\n") != std::string::npos);
  // A process group and a session of its own: no terminal to write into.
  const auto ids = text.substr(text.find("ids ") + 4);
  const std::string pid = ids.substr(0, ids.find(' '));
  CHECK(ids.starts_with(pid + " " + pid + " " + pid + "\n"));
  ::close(leaked);
  ::unsetenv("EDGE_SECRET_FOR_TEST");
  ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("limits of processor time, memory, files and open files hold") {
  World world;
  RunSpec spec = script("ulimit -St; ulimit -Ht; ulimit -v; ulimit -f; ulimit -n; ulimit -c");
  spec.limits.cpu = 2'500;
  spec.limits.memory = 512 << 20;
  spec.limits.file_size = 1 << 20;
  auto record = world.start(spec);
  CHECK(record->wait().exit_code == 0);
  CHECK(record->text() == "3\n4\n524288\n2048\n1024\n0\n");
  spec = script("dd if=/dev/zero of=/dev/null bs=900M count=1");
  spec.limits.memory = 256 << 20;
  record = world.start(spec);
  CHECK(record->wait().exit_code == 1);
  CHECK(record->text(OutputStream::errors).find("memory exhausted") != std::string::npos);
  spec = script("while :; do :; done");
  spec.limits.cpu = 1'000;
  CHECK(world.start(spec)->wait().signal == SIGXCPU);
}

TEST_CASE("a command over its time limit is ended, first gently, and so is all it started") {
  World world(GENERATE(true, false));
  const std::string mark = new_mark();
  RunSpec spec = script("echo on; sleep " + mark + " & sleep " + mark);
  spec.limits.time = 300;
  RunEnd end = world.start(spec)->wait();
  CHECK(end.why == RunEnd::Why::time_limit);
  CHECK(end.signal == SIGTERM);
  CHECK(all_gone(mark));
  spec = script("trap 'echo bye; exit 3' TERM; while :; do sleep 0.05; done");
  spec.limits.time = 300;
  const auto gentle = world.start(spec);
  end = gentle->wait();
  CHECK(end.why == RunEnd::Why::time_limit);
  CHECK(end.exit_code == 3);
  CHECK(gentle->text() == "bye\n");
  spec = script("trap '' TERM; sleep " + mark + "; sleep " + mark + "; sleep " + mark);
  spec.limits.time = 300;
  spec.grace = 200;
  end = world.start(spec)->wait();
  CHECK(end.why == RunEnd::Why::time_limit);
  CHECK(end.signal == SIGKILL);
  CHECK(all_gone(mark));
}

TEST_CASE("a cancelled command ends, and its end says so") {
  World world;
  const std::string mark = new_mark();
  const auto record = world.start(script("echo on; exec sleep " + mark));
  record->wait_for_line("on");
  CHECK(world.runner->cancel(world.last));
  const RunEnd end = record->wait();
  CHECK(end.why == RunEnd::Why::cancelled);
  CHECK(end.signal == SIGTERM);
  CHECK(end.message == "it was cancelled");
  CHECK(all_gone(mark));
  CHECK_FALSE(world.runner->cancel(world.last));
  CHECK_FALSE(world.runner->cancel(12'345));
}

TEST_CASE("gigabytes of output pass at constant memory") {
  World world;
  RunSpec spec = spec_for({"/bin/sh", "-c", "yes \"$1\" | head -c \"$2\"", "sh",
                           std::string(1'023, 'y'), std::to_string(kGigabytes)});
  spec.limits.output = kGigabytes;
  spec.limits.time = 600'000;
  const std::uint64_t before = memory_in_use();
  const auto record = world.start(spec);
  std::uint64_t most = 0;
  std::uint64_t seen = 0;
  bool ended = false;
  // As long as it takes, so long as there is more of it within a minute.
  while (!ended) {
    REQUIRE(::test::eventually([&] {
      most = std::max(most, memory_in_use());
      base::Lock lock(record->mutex);
      ended = record->end.has_value();
      return ended || record->bytes > std::exchange(seen, record->bytes);
    }));
  }
  const RunEnd end = record->wait();
  CHECK(end.exit_code == 0);
  CHECK(end.output_bytes == kGigabytes);
  base::Lock lock(record->mutex);
  CHECK(record->bytes == kGigabytes);
  CHECK(most < before + kConstant);
}

TEST_CASE("output without any line end comes in pieces at constant memory") {
  World world;
  constexpr std::uint64_t kSize = 100'000'000;
  RunSpec spec = script("head -c 100000000 /dev/zero | tr '\\0' x");
  spec.limits.output = kSize;
  const std::uint64_t before = memory_in_use();
  const auto record = std::make_shared<Record>();
  record->most = 3;
  REQUIRE(world.try_start(spec, record));
  CHECK(record->wait().output_bytes == kSize);
  CHECK(memory_in_use() < before + kConstant);
  base::Lock lock(record->mutex);
  CHECK(record->bytes == kSize + 1);  // the last piece ends the line
  CHECK(record->count == (kSize + LineCutter::kMaxPiece - 1) / LineCutter::kMaxPiece);
  CHECK(record->pieces.front().second.more);
}

TEST_CASE("binary output is valid text that says what was replaced") {
  World world;
  const auto record = world.start(script("head -c 1000000 /dev/urandom"));
  CHECK(record->wait().exit_code == 0);
  base::Lock lock(record->mutex);
  std::size_t replaced = 0;
  for (const auto& [stream, piece] : record->pieces) {
    CHECK_FALSE(clean_utf8(piece.text).replaced);
    replaced += piece.replaced ? 1 : 0;
  }
  CHECK(replaced > 900);
}

TEST_CASE("a command over its output limit is ended, and what it may write is passed on exactly") {
  World world;
  RunSpec spec = script("trap '' TERM; yes; echo never");
  spec.limits.output = 1'000'001;
  spec.grace = 200;
  const auto record = world.start(spec);
  const RunEnd end = record->wait();
  CHECK(end.why == RunEnd::Why::output_limit);
  CHECK(end.output_bytes == 1'000'001);
  base::Lock lock(record->mutex);
  CHECK(record->count == 500'001);
}

TEST_CASE("what a command leaves running is ended with it, and what that writes is not lost") {
  World world(GENERATE(true, false));
  const std::string mark = new_mark();
  // It holds both streams open and would go on writing.
  const auto record = world.start(
      script("(trap 'echo late; exit' TERM; echo ready; while :; do sleep 0.02; done) & "
             "setsid sleep " +
             mark + " & (setsid sh -c 'sleep " + mark + " & sleep " + mark +
             "' &) & setsid setsid sh -c 'trap \"\" TERM HUP; sleep " + mark + "; sleep " + mark +
             "' & sleep 0.3; echo first; exit 0"));
  const RunEnd end = record->wait();
  CHECK(end.exit_code == 0);
  CHECK(record->text() == "ready\nfirst\nlate\n");
  CHECK(processes_with(mark).empty());  // gone before the end was told
}

TEST_CASE("a fork bomb stays within its limit of processes and ends at its time limit") {
  World world(GENERATE(true, false));
  const std::string mark = new_mark();
  const std::string bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass\n";
  RunSpec spec = spec_for({"/usr/bin/env", "python3", "-c", bomb, mark});
  // Root is held to no number of processes by the kernel.
  if (::getuid() == 0) {
    const std::vector<std::string> as_nobody = {"/usr/bin/setpriv", "--reuid=65534",
                                                "--regid=65534", "--clear-groups"};
    spec.argv.insert(spec.argv.begin(), as_nobody.begin(), as_nobody.end());
  }
  spec.limits.processes = 50;
  spec.limits.time = 2'000;
  spec.limits.output = 1 << 30;
  spec.grace = 100;
  const auto record = world.start(spec);
  std::size_t most = 0;
  CHECK(::test::eventually([&] {
    most = std::max(most, processes_with(mark).size());
    base::Lock lock(record->mutex);
    return record->end.has_value();
  }));
  CHECK(most <= 50);
  CHECK(most >= 40);
  CHECK(record->wait().why == RunEnd::Why::time_limit);
  CHECK(processes_with(mark).empty());
}

TEST_CASE("a hundred commands run at once, and the next one is refused") {
  World world;
  std::vector<std::shared_ptr<Record>> records;
  RunSpec spec = script("read line; echo $line");
  spec.input = true;
  std::vector<RunNumber> numbers;
  for (int i = 0; i < 100; ++i) {
    records.push_back(std::make_shared<Record>());
    const auto number = world.try_start(spec, records.back(), {.row = "x", .at_once_all = 100});
    REQUIRE(number);
    numbers.push_back(*number);
  }
  const auto refused =
      world.try_start(spec, std::make_shared<Record>(), {.row = "y", .at_once_all = 100});
  CHECK(refused.error().code == base::Errc::exhausted);
  spec.limits.at_once = 100;
  const auto same =
      world.try_start(spec, std::make_shared<Record>(), {.row = "x", .at_once_all = 200});
  CHECK(same.error().code == base::Errc::already_exists);
  CHECK(world.runner->running() == 100);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(world.runner->write(numbers[static_cast<std::size_t>(i)], std::to_string(i) + "\n"));
  }
  for (int i = 0; i < 100; ++i) {
    auto& record = records[static_cast<std::size_t>(i)];
    CHECK(record->wait().exit_code == 0);
    CHECK(record->text() == std::to_string(i) + "\n");
  }
  CHECK(world.runner->running() == 0);
  CHECK(world.try_start(spec, records.front(), {.row = "x", .at_once_all = 1}));
  CHECK(world.runner->running() == 1);
}

TEST_CASE("input is passed on in order and ends when it is closed; without input there is none") {
  World world;
  RunSpec spec = spec_for({"/bin/cat"});
  CHECK(world.start(spec)->wait().exit_code == 0);  // /dev/null
  CHECK(world.runner->write(world.last, "x").error().code == base::Errc::not_found);
  spec.input = true;
  const auto record = world.start(spec);
  std::string sent;
  for (int i = 0; i < 100; ++i) {
    const std::string line = std::to_string(i) + std::string(1'000, 'x') + "\n";
    REQUIRE(world.runner->write(world.last, line));
    sent += line;
  }
  REQUIRE(world.runner->close_input(world.last));
  CHECK(record->wait().exit_code == 0);
  CHECK(record->text() == sent);
}

TEST_CASE("input that a command does not read waits up to a bound") {
  World world;
  RunSpec spec = script("read line; echo $line; read never < /dev/null; exec sleep " + new_mark());
  spec.input = true;
  const auto record = world.start(spec);
  REQUIRE(world.runner->write(world.last, "go\n"));
  record->wait_for_line("go");
  const std::string block(64 * 1024, 'x');
  std::size_t taken = 0;
  while (world.runner->write(world.last, block)) {
    taken += block.size();
    if (taken > 8 * Runner::kMaxInput) FAIL("everything is taken");
  }
  CHECK(taken >= Runner::kMaxInput);
  CHECK(world.runner->write(world.last, block).error().code == base::Errc::exhausted);
  CHECK(world.runner->cancel(world.last));
  CHECK(record->wait().why == RunEnd::Why::cancelled);
}

TEST_CASE("hidden folders are out of a command's reach where the kernel offers Landlock") {
  if (landlock_version() == 0) {
    WARN("this kernel offers no Landlock; the rest of this test did not run");
    return;
  }
  const fs::path top = fs::temp_directory_path() / ("runner_test." + std::to_string(::getpid()));
  fs::create_directories(top / "accounts" / "blobs");
  fs::create_directories(top / "work");
  std::ofstream(top / "accounts" / "blobs" / "secret") << "sesame\n";
  std::ofstream(top / "key") << "sesame\n";
  std::ofstream(top / "work" / "plain") << "fine\n";
  fs::create_symlink(top / "accounts", top / "work" / "link");
  World world;
  const std::string at = top.string();
  RunSpec spec = script(
      "cat accounts/blobs/secret; cat key; cat link/blobs/secret; ls accounts; "
      "cat /proc/self/root" +
      at +
      "/key; echo x > accounts/new; "
      "mv accounts moved; ln accounts/blobs/secret work/hard; rm key; "
      "cat work/plain; echo more > work/new; cat work/new; ls /usr >/dev/null "
      "&& echo listed");
  spec.folder = at;
  spec.hidden = {at + "/accounts", at + "/key", at + "/absent"};
  const auto record = world.start(spec);
  CHECK(record->wait().exit_code == 0);
  INFO(record->text(OutputStream::errors));
  CHECK(record->text() == "fine\nmore\nlisted\n");
  CHECK(fs::exists(top / "accounts" / "blobs" / "secret"));
  CHECK_FALSE(fs::exists(top / "accounts" / "new"));
  CHECK(fs::exists(top / "key"));
  // Without hidden paths the same files can be read: Landlock it was.
  spec.hidden.clear();
  spec.argv.back() = "cat accounts/blobs/secret";
  const auto open = world.start(spec);
  CHECK(open->wait().exit_code == 0);
  CHECK(open->text() == "sesame\n");
  fs::remove_all(top);
}

TEST_CASE("a supervisor that is killed leaves nothing running, and the run ends as lost") {
  World world(GENERATE(true, false));
  const std::string mark = new_mark();
  const auto record =
      world.start(script("setsid sleep " + mark + " & echo $PPID; exec sleep " + mark));
  pid_t supervisor = 0;
  CHECK(::test::eventually([&] {
    const std::string text = record->text();
    if (text.empty()) return false;
    supervisor = std::stoi(text);
    return processes_with(mark).size() == 2;
  }));
  REQUIRE(::kill(supervisor, SIGKILL) == 0);
  CHECK(record->wait().why == RunEnd::Why::lost);
  CHECK(all_gone(mark));
  // The helper starts commands as before.
  CHECK(world.start(spec_for({"/bin/true"}))->wait().exit_code == 0);
}

TEST_CASE("a command cannot end its supervisor where the kernel bounds signals") {
  if (landlock_version() < 6) {
    WARN("this kernel does not bound signals; the rest of this test did not run");
    return;
  }
  World world;
  const RunEnd end = world.start(script("kill -9 $PPID; exit 5"))->wait();
  CHECK(end.why == RunEnd::Why::exited);
  CHECK(end.exit_code == 5);
}

TEST_CASE("kill -9 of the daemon leaves nothing running") {
  const bool cgroups = GENERATE(true, false);
  const std::string mark = new_mark();
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t daemon = ::fork();
  REQUIRE(daemon >= 0);
  if (daemon == 0) {
    World world(cgroups);
    std::vector<std::shared_ptr<Record>> records;
    for (int i = 0; i < 5; ++i) {
      records.push_back(
          world.start(script("trap '' TERM HUP INT; sleep " + mark + " & setsid sleep " + mark +
                             " & (setsid sh -c '"
                             "trap \"\" TERM HUP; sleep " +
                             mark + " & sleep " + mark +
                             "' &) & sleep 0.1; "
                             "echo on; yes >/dev/null; sleep " +
                             mark)));
    }
    for (const auto& record : records) record->wait_for_line("on");
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(processes_with(mark).size() >= 20);
  REQUIRE(::kill(daemon, SIGKILL) == 0);
  REQUIRE(::waitpid(daemon, nullptr, 0) == daemon);
  CHECK(all_gone(mark));
  ::close(ready[0]);
}

TEST_CASE("the end of the runner ends what runs, and its watchers are told") {
  const std::string mark = new_mark();
  std::vector<std::shared_ptr<Record>> records;
  {
    World world;
    for (int i = 0; i < 3; ++i) {
      records.push_back(
          world.start(script("trap '' TERM; echo on; while :; do sleep " + mark + "; done")));
      records.back()->wait_for_line("on");
    }
  }
  for (const auto& record : records) CHECK(record->wait().why == RunEnd::Why::cancelled);
  CHECK(processes_with(mark).empty());
}

TEST_CASE("a helper that was killed makes starting fail with what to do") {
  World world;
  REQUIRE(::kill(world.launcher->helper(), SIGKILL) == 0);
  CHECK(::test::eventually([&] {
    const auto started = world.try_start(spec_for({"/bin/true"}), std::make_shared<Record>());
    return !started && started.error().message ==
                           "the process that starts commands has ended; restart the daemon";
  }));
}

TEST_CASE("what is told to the helper is read as it was written, and cut forms are refused") {
  RunSpec spec = spec_for({"/bin/x", "a\xff", ""});
  spec.hidden = {"/a", "/b"};
  spec.input = true;
  spec.grace = 77;
  spec.limits.cpu = 5;
  const std::string bytes = encode_spec(spec);
  CHECK(decode_spec(bytes) == spec);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_spec(bytes.substr(0, size)));
  }
  CHECK_FALSE(decode_spec(bytes + "x"));
  World world;
  spec = spec_for({"/bin/true", std::string(kMaxSpecBytes, 'x')});
  CHECK(world.try_start(spec, std::make_shared<Record>()).error().code == base::Errc::too_large);
}

}  // namespace gateway::commands
