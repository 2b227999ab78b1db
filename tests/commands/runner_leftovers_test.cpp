// Whatever ends, a command, its supervisor, the daemon: nothing is left running, and nothing is
// reached that is hidden.
#include <sys/wait.h>

#include "gateway/commands/landlock.h"
#include "tests/commands/runner_world.h"

namespace gateway::commands {

using namespace runner_tests;  // NOLINT: the cases below are its

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
  CHECK(processes_with(mark).empty());  // gone before the end was reported
}

TEST_CASE("a fork bomb stays within its limit of processes and ends at its time limit") {
  World world(GENERATE(true, false));
  const std::string mark = new_mark();
  const std::string bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass\n";
  RunSpec spec = spec_for({"/usr/bin/env", "python3", "-c", bomb, mark});
  // Root is held to no number of processes by the kernel.
  if (::getuid() == 0) {
    // The kernel counts all processes of a user: one of its own, for runs of this test side by
    // side.
    const std::string user = std::to_string(1'000'000 + ::getpid());
    const std::vector<std::string> as_other = {"/usr/bin/setpriv", "--reuid=" + user,
                                               "--regid=65534", "--clear-groups"};
    spec.argv.insert(spec.argv.begin(), as_other.begin(), as_other.end());
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

TEST_CASE("the end of the runner ends what runs, and its watchers are notified") {
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

}  // namespace gateway::commands
