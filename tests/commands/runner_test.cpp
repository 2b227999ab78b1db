// Commands run within their limits, with their arguments and their input.
#include <fcntl.h>

#include "tests/commands/runner_world.h"

namespace gateway::commands {

using namespace runner_tests;  // NOLINT: the cases below are its

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

TEST_CASE("a helper that was killed makes starting fail with what to do") {
  World world;
  REQUIRE(::kill(world.launcher->helper(), SIGKILL) == 0);
  CHECK(::test::eventually([&] {
    const auto started = world.try_start(spec_for({"/bin/true"}), std::make_shared<Record>());
    return !started && started.error().message ==
                           "the process that starts commands has ended; restart the daemon";
  }));
}

TEST_CASE("what is sent to the helper is read as it was written, and cut forms are refused") {
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
