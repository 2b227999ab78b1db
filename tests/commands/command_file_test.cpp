// The list of commands is read strictly: every mistake is named by file, line and what was
// expected.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/commands/command_list.h"
#include "gateway/commands/command_match.h"
#include "gateway/commands/kept_folders.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

std::string fault_of(std::string_view text) {
  const auto list = parse_command_list(text, "c.toml");
  INFO(text);
  REQUIRE_FALSE(list);
  return list.error().message;
}

constexpr std::string_view kWhole = R"(
at_once = 7
keep_size = "10MiB"
keep_age = "2d"

[[command]]
name = "disk"
description = "Space that is left"
program = "/bin/df"
arguments = ["-h", "--type={kind}", "{path}"]
folder = "/"
environment = { LC_ALL = "C" }
time_limit = "10s"
output_limit = "2MiB"
cpu_limit = "5s"
memory_limit = "64MiB"
processes_limit = 3
file_size_limit = "0B"
at_once = 2
output_mode = "auto"
input = true
[command.allow]
keys = true
contacts = ["00112233445566778899AABBCCDDEEFF 00112233445566778899AABBCCDDEEFF"]
groups = ["00112233445566778899aabbccddeeff"]
[[command.argument]]
name = "kind"
type = "choice"
choices = ["ext4", "xfs"]
[[command.argument]]
name = "path"
type = "string"
max_length = 20
pattern = "[a-z/]+"
any_path = true
default = "/"

[[project]]
name = "plant"
description = "The plant"
folder = "/srv/plant"
commands = ["disk"]
[project.allow]
keys = true
[[project.line]]
line = "git log -n {count}"
[[project.line.argument]]
name = "count"
type = "int"
min = 1
max = 100
[[project.line]]
line = "df -h | tail -n 3"
shell = true
allow = { keys = false }
)";

// A command with one further line.
std::string command_with(std::string_view more) {
  return "[[command]]\nname = \"x\"\nprogram = \"/bin/true\"\n" + std::string(more);
}

std::string argument_with(std::string_view more) {
  return command_with("arguments = [\"{a}\"]\n[[command.argument]]\nname = \"a\"\n" +
                      std::string(more));
}

std::string line_with(std::string_view line, std::string_view more = "") {
  return "[[project]]\nname = \"p\"\nfolder = \"/srv\"\n[[project.line]]\nline = " +
         std::string(line) + "\n" + std::string(more);
}

}  // namespace

TEST_CASE("every member of the list is read") {
  const auto list = parse_command_list(kWhole, "c.toml");
  if (!list) FAIL(list.error().message);
  CHECK(list->at_once == 7);
  CHECK(list->keep_size == 10U << 20);
  CHECK(list->keep_age == 2 * 24 * 3'600'000);
  const auto disk = list->find_command("disk");
  REQUIRE(disk);
  CHECK(disk->description == "Space that is left");
  CHECK(disk->folder == fs::path("/"));
  CHECK(disk->environment.at("LC_ALL") == "C");
  CHECK(disk->limits == RunLimits{.time = 10'000,
                                  .output = 2 << 20,
                                  .cpu = 5'000,
                                  .memory = 64 << 20,
                                  .processes = 3,
                                  .file_size = 0,
                                  .at_once = 2});
  CHECK(disk->output_mode == OutputMode::automatic);
  CHECK(disk->input);
  CHECK(disk->allowed.keys);
  CHECK(
      disk->allowed.contacts ==
      std::vector<std::string>{"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"});
  CHECK(disk->allowed.groups == std::vector<std::string>{"00112233445566778899aabbccddeeff"});
  CHECK(disk->usage() == "disk {kind} [path]");
  CHECK(disk->argv(std::vector<std::string>{"xfs", "/srv"}) ==
        std::vector<std::string>{"/bin/df", "-h", "--type=xfs", "/srv"});
  const auto plant = list->find_project("plant");
  REQUIRE(plant);
  CHECK(plant->folder == fs::path("/srv/plant"));
  REQUIRE(plant->commands.size() == 1);
  CHECK(plant->commands.front() == disk);
  REQUIRE(plant->lines.size() == 2);
  CHECK(plant->lines[0]->allowed.keys);
  CHECK(plant->lines[0]->usage() == "git log -n {count}");
  CHECK_FALSE(plant->lines[1]->allowed.keys);
  CHECK(plant->lines[1]->argv({}) ==
        std::vector<std::string>{"/bin/sh", "-c", "df -h | tail -n 3", "sh"});
  CHECK(list->find_command("plant") == nullptr);
  CHECK(list->find_project("disk") == nullptr);
}

TEST_CASE("the example is a list without mistakes that everybody can read") {
  std::ifstream in(test::source_path("scripts/examples/commands.toml"));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto list = parse_command_list(text, "commands.toml");
  if (!list) FAIL(list.error().message);
  CHECK(list->commands.size() == 3);
  CHECK(list->projects.size() == 1);
  const auto match = match_command(*list->find_project("notes"), "head -n 5 -- todo.txt",
                                   KeyCaller{rpc::Access::everything()});
  REQUIRE(match);
  CHECK_FALSE(match_command(*list->find_project("notes"), "head -n 5 -- /etc/passwd",
                            KeyCaller{rpc::Access::everything()}));
}

TEST_CASE("an empty list allows nothing") {
  const auto list = parse_command_list("", "c.toml");
  REQUIRE(list);
  CHECK(list->commands.empty());
  CHECK(list->projects.empty());
  CHECK(sizes_of(*list) == "0 commands, 0 projects, 0 lines");
}

TEST_CASE("a row that names nobody may be run by nobody, and the list warns of it") {
  const auto list = parse_command_list(command_with(""), "c.toml");
  REQUIRE(list);
  REQUIRE(list->warnings.size() == 1);
  CHECK(list->warnings.front() ==
        "c.toml:1: command \"x\": nobody may run it: add an 'allow' table");
  CHECK_FALSE(may_run(KeyCaller{rpc::Access::everything()}, *list->find_command("x"), nullptr));
}

TEST_CASE("a program that is not there is a warning, because it may be installed later") {
  const auto list = parse_command_list(
      "[[command]]\nname = \"x\"\nprogram = \"/no/such\"\nallow = { keys = true }\n", "c.toml");
  REQUIRE(list);
  REQUIRE(list->warnings.size() == 1);
  CHECK(list->warnings.front() ==
        "c.toml:1: command \"x\": there is no program /no/such that this user may run");
}

TEST_CASE("a line's program is looked for where it will be, and a folder is no program") {
  const auto warnings = [](const std::string& text) {
    const auto list = parse_command_list(text, "c.toml");
    if (!list) FAIL(list.error().message);
    return list->warnings;
  };
  const std::string row = "[[command]]\nname = \"x\"\nallow = { keys = true }\nprogram = ";
  CHECK(warnings(row + "\"/bin/true\"\n").empty());
  CHECK(warnings(row + "\"/bin\"\n").size() == 1);
  CHECK(warnings(row + "\"/bin/true\"\nfolder = \"/no/such\"\n") ==
        std::vector<std::string>{"c.toml:1: command \"x\": there is no folder /no/such"});
  const std::string project =
      "[[project]]\nname = \"p\"\nfolder = \"/usr\"\nallow = { keys = true }\n"
      "[[project.line]]\nline = ";
  for (const char* line : {"\"true\"", "\"bin/env\"", "\"./bin/env x\"",
                           "\"env\"\nenvironment = { PATH = \"/nowhere:bin\" }"}) {
    CAPTURE(line);
    CHECK(warnings(project + line + "\n").empty());
  }
  for (const char* line : {"\"no-such-program x\"", "\"env2/env\"",
                           "\"env\"\nenvironment = { PATH = \"/nowhere\" }"}) {
    CAPTURE(line);
    REQUIRE(warnings(project + line + "\n").size() == 1);
    CHECK_THAT(warnings(project + line + "\n").front(), Catch::Contains("there is no program"));
  }
  CHECK(warnings("[[project]]\nname = \"p\"\nfolder = \"/no/such\"\n") ==
        std::vector<std::string>{"c.toml:1: project \"p\": there is no folder /no/such"});
}

TEST_CASE("values of a shell row are its parameters and no text of its script") {
  const auto list = parse_command_list(
      "[[command]]\nname = \"x\"\nshell = true\nprogram = 'echo \"$1\"'\narguments = [\"{a}\"]\n"
      "[[command.argument]]\nname = \"a\"\ntype = \"string\"\nmax_length = 99\n",
      "c.toml");
  REQUIRE(list);
  CHECK(list->find_command("x")->argv(std::vector<std::string>{"$(id)"}) ==
        std::vector<std::string>{"/bin/sh", "-c", "echo \"$1\"", "x", "$(id)"});
}

TEST_CASE("mistakes name the file, the line and what was expected") {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"a = = 1", "c.toml:1: expected TOML: "},
      // Of these assertions of toml++ fail.
      {"[[[[", "c.toml:1: expected TOML: "},
      {"at_once = 3\n\n[[[command]]]\nname = \"a\"\n", "c.toml:3: expected TOML: "},
      {"# [[[\nat_once = [}\n", "c.toml:2: expected TOML: "},
      {"at_once = 0", "c.toml:1: at_once: expected an integer from 1 to 1000, not 0"},
      {"\n\ncomand = 1", "c.toml:3: no member has the name 'comand'; did you mean 'command'?"},
      {"command = 3", "c.toml:1: command: expected tables [[command]], with two brackets, not 3"},
      {"[command]\nname = \"x\"",
       "c.toml:1: command: expected tables [[command]], with two brackets, not a table"},
      {"[[command]]\nprogram = \"/bin/true\"",
       "c.toml:1: command: expected a member 'name', and there is none"},
      {"[[command]]\nname = \"a b\"\nprogram = \"/bin/true\"",
       "c.toml:2: command: name: expected a name of 1 to 64 letters"},
      {"[[command]]\nname = \"help\"\nprogram = \"/bin/true\"",
       "c.toml:2: command: name: 'help' is built in; expected another name"},
      {"[[command]]\nname = \"x\"",
       "c.toml:1: command \"x\": expected a member 'program', and there is none"},
      {"[[command]]\nname = \"x\"\nprogram = \"df\"",
       "c.toml:3: command \"x\": program: expected the absolute path of a program"},
      {"[[command]]\nname = \"x\"\nprogram = 5",
       "c.toml:3: command \"x\": program: expected a text in quotes, not 5"},
      {command_with("") + command_with(""),
       "c.toml:4: command \"x\": another command has this name"},
      {command_with("programm = 1"),
       "c.toml:4: command \"x\": no member has the name 'programm'; did you mean 'program'?"},
      {command_with("time_limit = 10"),
       "c.toml:4: command \"x\": time_limit: expected a duration from \"1s\" to \"30d\" (s, m, h, "
       "d), not 10"},
      {command_with("time_limit = \"0s\""),
       "c.toml:4: command \"x\": time_limit: expected a duration from"},
      {command_with("time_limit = \"18446744073709551615s\""),
       "c.toml:4: command \"x\": time_limit"},
      {command_with("output_limit = \"1MB\""),
       "c.toml:4: command \"x\": output_limit: expected a size from \"1B\" to \"1024GiB\" (B, KiB, "
       "MiB, GiB), not \"1MB\""},
      {command_with("output_mode = \"html\""),
       "c.toml:4: command \"x\": output_mode: expected text, file or auto, not \"html\""},
      {command_with("shell = 1"), "c.toml:4: command \"x\": shell: expected true or false, not 1"},
      {command_with("folder = \"srv\""),
       "c.toml:4: command \"x\": folder: expected an absolute path"},
      {command_with("folder = \"/a/../b\""),
       "c.toml:4: command \"x\": folder: expected an absolute"},
      {command_with("environment = { \"A-B\" = \"1\" }"),
       "c.toml:4: command \"x\": environment: A-B: expected a variable's name"},
      {command_with("environment = { A = 1 }"),
       "c.toml:4: command \"x\": environment: A: expected a text in quotes, not 1"},
      {command_with("arguments = \"-h\""),
       "c.toml:4: command \"x\": arguments: expected an array of texts, not \"-h\""},
      {command_with("arguments = [\"a\\nb\"]"),
       "c.toml:4: command \"x\": arguments: expected texts of one line"},
      {command_with("arguments = [\"{path}\"]"),
       "c.toml:4: command \"x\": arguments: '{path}' names the argument 'path', which is not "
       "declared"},
      {command_with("arguments = [\"a}\"]"),
       "c.toml:4: command \"x\": arguments: 'a}' has a brace"},
      {command_with("allow = { key = true }"),
       "c.toml:4: command \"x\": allow: no member has the name 'key'; did you mean 'keys'?"},
      {command_with("allow = { contacts = [\"abc\"] }"),
       "c.toml:4: command \"x\": allow: contacts: expected fingerprints of 64 hex digits each"},
      {command_with("[[command.argument]]\nname = \"a\"\ntype = \"int\"\nmin = 1\nmax = 2"),
       "c.toml:4: command \"x\": argument: 'a' is declared and used nowhere: expected {a} in a "
       "word"},
      {argument_with("type = \"text\""),
       "c.toml:7: command \"x\": argument \"a\": type: expected choice, int or string, not "
       "\"text\""},
      {argument_with("type = \"choice\""),
       "c.toml:5: command \"x\": argument \"a\": expected a member 'choices' with one text at "
       "least"},
      {argument_with("type = \"int\"\nmin = 1"),
       "c.toml:5: command \"x\": argument \"a\": expected both bounds, 'min' and 'max'"},
      {argument_with("type = \"int\"\nmin = 3\nmax = 2"),
       "c.toml:9: command \"x\": argument \"a\": max: expected 3 at least, as 'min' is"},
      {argument_with("type = \"int\"\nmin = 3\nmax = 9\ndefault = 1"),
       "c.toml:10: command \"x\": argument \"a\": default: a: expected an integer from 3 to 9, not "
       "'1'"},
      {argument_with("type = \"int\"\nmin = 3\nmax = 9\nchoices = [\"3\"]"),
       "c.toml:10: command \"x\": argument \"a\": no member has the name 'choices'"},
      {argument_with("type = \"string\""),
       "c.toml:5: command \"x\": argument \"a\": expected a bound: 'max_length' or 'pattern'"},
      {argument_with("type = \"string\"\npattern = \"(a\""),
       "c.toml:8: command \"x\": argument \"a\": pattern: expected a regular expression: missing "
       ")"},
      {argument_with("type = \"string\"\npattern = \"((a{1,999}){1,999}){1,999}\""),
       "c.toml:8: command \"x\": argument \"a\": pattern: expected a regular expression: "},
      {argument_with("type = \"string\"\nmax_length = 5000"),
       "c.toml:8: command \"x\": argument \"a\": max_length: expected an integer from 1 to 4096"},
      {"[[project]]\nname = \"p\"",
       "c.toml:1: project \"p\": expected a member 'folder', and there is none"},
      {"[[project]]\nname = \"p\"\nfolder = \"/\"\ncommands = [\"x\"]",
       "c.toml:4: project \"p\": commands: expected the name of a [[command]], not \"x\""},
      {command_with("") + "[[project]]\nname = \"x\"\nfolder = \"/\"",
       "c.toml:4: project \"x\": a command has this name"},
      {line_with("\"{a}\""),
       "c.toml:5: project \"p\": line '{a}': line: '{a}' names the argument 'a', which is not "
       "declared"},
      {line_with("\"{a} x\"",
                 "[[project.line.argument]]\nname = \"a\"\ntype = \"int\"\nmin = 1\nmax = 2"),
       "c.toml:5: project \"p\": line '{a} x': line: the program must not be an argument"},
      {line_with("\"a 'b\""), "c.toml:5: project \"p\": line 'a 'b': line: the quote ' at byte 3"},
      {line_with("\"a | b\"", "shell = true\n[[project.line.argument]]\nname = \"a\""),
       "project \"p\": line 'a | b': argument: a line that a shell runs has none"},
      {line_with("\"git status\"") + "[[project.line]]\nline = \"git status\"",
       "project \"p\": line: 'git status' stands twice"},
  };
  for (const auto& [text, expected] : mistakes) {
    const std::string fault = fault_of(text);
    INFO(text << "\n" << fault << "\n" << expected);
    CHECK(fault.find(expected) != std::string::npos);
    CHECK(fault.starts_with("c.toml:"));
  }
}

TEST_CASE("a list that others may write is refused, and so is anything but a file") {
  const fs::path folder =
      fs::temp_directory_path() / ("commands_test." + std::to_string(::getpid()));
  fs::create_directories(folder);
  const fs::path path = folder / "c.toml";
  std::ofstream(path) << "at_once = 3\n";
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  const auto list = read_command_list(path);
  REQUIRE(list);
  CHECK(list->at_once == 3);
  REQUIRE(::chmod(path.c_str(), 0664) == 0);
  CHECK(read_command_list(path).error().code == base::Errc::forbidden);
  CHECK(read_command_list(folder).error().code == base::Errc::invalid_argument);
  CHECK(read_command_list(folder / "none").error().code == base::Errc::io);
  std::ofstream(path) << std::string(CommandList::kMaxFileBytes + 1, '#');
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(read_command_list(path).error().code == base::Errc::too_large);
  fs::remove_all(folder);
}

TEST_CASE("folders that hold or lie in what is kept from commands are named") {
  const auto list = parse_command_list(R"(
[[project]]
name = "around"
folder = "/srv"
[[project]]
name = "beside"
folder = "/srv/edge-notes"
[[command]]
name = "inside"
program = "/bin/true"
folder = "/srv/edge/files"
)",
                                       "c.toml");
  REQUIRE(list);
  const std::vector<std::string> hidden{"/srv/edge", "/etc/edge.key"};
  const auto warnings = kept_folders(*list, hidden);
  REQUIRE(warnings.size() == 2);
  CHECK(
      warnings[0].starts_with("project \"around\": commands cannot list its folder /srv, because "
                              "/srv/edge"));
  CHECK(
      warnings[1].starts_with("command \"inside\": its folder /srv/edge/files lies in /srv/edge"));
}

}  // namespace gateway::commands
