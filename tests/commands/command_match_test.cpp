// Which command a text means, and that no text makes a program do what its row does not allow.
#include "gateway/commands/command_match.h"

#include "gateway/commands/command_list.h"
#include "gateway/commands/words.h"
#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

constexpr std::string_view kList = R"(
[[command]]
name = "show"
program = "/bin/cat"
arguments = ["--", "{file}"]
allow = { keys = true }
[[command.argument]]
name = "file"
type = "string"
max_length = 40
[[command]]
name = "level"
program = "/bin/echo"
arguments = ["--level={n}", "{color}"]
allow = { keys = true }
[[command.argument]]
name = "n"
type = "int"
min = -3
max = 30
[[command.argument]]
name = "color"
type = "choice"
choices = ["red", "dark blue", "--green"]
default = "red"
[[command]]
name = "secret"
program = "/bin/true"
[[project]]
name = "p"
folder = "/srv"
commands = ["show", "level", "secret"]
allow = { keys = true }
[[project.line]]
line = "show all {what}"
[[project.line.argument]]
name = "what"
type = "choice"
choices = ["links"]
[[project.line]]
line = "git status"
[[project.line]]
line = "git log -n {count} --author={who}"
[[project.line.argument]]
name = "count"
type = "int"
min = 1
max = 100
[[project.line.argument]]
name = "who"
type = "string"
pattern = "[A-Za-z ]{1,20}"
[[project.line]]
line = "swap {a} with {a}"
[[project.line.argument]]
name = "a"
type = "string"
max_length = 5
[[project.line]]
line = "df -h | tail -n 3"
shell = true
)";

const CommandList& list() {
  static const CommandList kParsed = *parse_command_list(kList, "c.toml");
  return kParsed;
}

base::Result<CommandMatch> match(std::string_view text) {
  return match_command(*list().find_project("p"), text, KeyCaller{rpc::Access::everything()});
}

std::vector<std::string> argv(std::string_view text) {
  const auto found = match(text);
  INFO(text);
  if (!found) FAIL(found.error().message);
  return found->command->argv(found->values);
}

using MatchWords = std::vector<std::string>;

}  // namespace

TEST_CASE("a command is called by its name and the values of its arguments in order") {
  CHECK(argv("show notes.txt") == MatchWords{"/bin/cat", "--", "notes.txt"});
  CHECK(argv("show 'my notes.txt'") == MatchWords{"/bin/cat", "--", "my notes.txt"});
  CHECK(argv("level 7") == MatchWords{"/bin/echo", "--level=7", "red"});
  CHECK(argv("level -3 'dark blue'") == MatchWords{"/bin/echo", "--level=-3", "dark blue"});
  CHECK(argv("level 7 --green") ==
        MatchWords{"/bin/echo", "--level=7", "--green"});  // it was listed
}

TEST_CASE("an allowed line is itself, with fitting values in its holes") {
  CHECK(argv("git status") == MatchWords{"git", "status"});
  CHECK(argv("  git   'status' ") == MatchWords{"git", "status"});
  CHECK(argv("git log -n 5 --author=Ada") == MatchWords{"git", "log", "-n", "5", "--author=Ada"});
  CHECK(argv("git log -n 5 \"--author=Ada King\"") ==
        MatchWords{"git", "log", "-n", "5", "--author=Ada King"});
  CHECK(argv("show all links") ==
        MatchWords{"show", "all", "links"});  // although show takes one word
  CHECK(argv("swap x with x") == MatchWords{"swap", "x", "with", "x"});
  CHECK(argv("df -h | tail -n 3") == MatchWords{"/bin/sh", "-c", "df -h | tail -n 3", "sh"});
}

TEST_CASE("a refusal says what is allowed near it, or what is wrong with a value") {
  const auto near = match("git push").error();
  CHECK(near.code == base::Errc::forbidden);
  CHECK(near.message ==
        "'git push' is not allowed in the project p; allowed are 'git status', 'git log -n {count} "
        "--author={who}', 'show {file}', 'level {n} [color]', 'show all {what}' and 2 more");
  CHECK(match("levl 3").error().message.find("allowed are 'level {n} [color]'") !=
        std::string::npos);
  const auto value = match("git log -n 500 --author=Ada").error();
  CHECK(value.code == base::Errc::invalid_argument);
  CHECK(value.message ==
        "git log -n {count} --author={who}: count: expected an integer from 1 to 100, not '500'");
  CHECK(match("level").error().message ==
        "level: n: expected an integer from -3 to 30, and there is no value");
  CHECK(match("level 1 red more").error().message ==
        "level takes 2 arguments, not 3: level {n} [color]");
  CHECK(match("swap x with y").error().code == base::Errc::forbidden);
}

TEST_CASE("rows that the caller may not run are as good as absent") {
  CHECK(match("secret").error().code == base::Errc::forbidden);
  CHECK(match("secret").error().message.find("'secret' is not allowed") == 0);
  CHECK(match("other").error().message.find("secret") == std::string::npos);
  const auto stranger =
      match_command(*list().find_project("p"), "git status", KeyCaller{rpc::Access::nothing()});
  CHECK(stranger.error().message ==
        "'git status' is not allowed in the project p, nor is anything else for this caller");
}

// Every string argument gets each of these as one value; none may change what is run.
TEST_CASE("injections in an argument are refused or are one word of the program's arguments") {
  const MatchWords refused = {
      "-rf",
      "--exec=/bin/sh",
      "-",
      "--",
      "-oProxyCommand=id",
      "--output=/etc/passwd",
      "/etc/passwd",
      "../secret",
      "a/../../b",
      "..",
      "a/..",
      "~/x",
      "~root",
      "//x",
      "/",
      "a\nb",
      "a\rb",
      "a\tb\n",
      std::string("a\0b", 3),
      "\x1b[2J",
      "a\xff",
      "\xc2\x85",
      "",
      std::string(41, 'a'),
  };
  for (const std::string& value : refused) {
    INFO(value);
    const auto found = match(quote_words(MatchWords{"show", value}));
    REQUIRE_FALSE(found);
    CHECK(found.error().code == base::Errc::invalid_argument);
  }
  const MatchWords data = {
      ";id",   "a;id", "$(id)", "`id`", "${IFS}", "$HOME", "a|b",   "a||b", "a&b",
      "a&&b",  "a>b",  "a<b",   "*",    "?",      "[a-z]", "{a,b}", "!x",   "#x",
      "%n%s",  "a b",  " a",    "'",    "\"",     "\\",    "\\n",   "a=b",  "LD_PRELOAD=x",
      "<(id)", "=id",  "@file", ":",    "{file}", "}",     "a..b",  "...",  "\xe2\x80\xa8",
  };
  for (const std::string& value : data) {
    INFO(value);
    CHECK(argv(quote_words(MatchWords{"show", value})) == MatchWords{"/bin/cat", "--", value});
  }
}

TEST_CASE("injections around an allowed line match nothing") {
  for (const std::string_view text : {"git status; id",
                                      "git status;",
                                      "git status && id",
                                      "git status | sh",
                                      "git status &",
                                      "git status > x",
                                      "git status #",
                                      "git status $(id)",
                                      "git status --exec=id",
                                      "git --exec-path=. status",
                                      "PAGER=id git status",
                                      "GIT_DIR=x git status",
                                      "Git status",
                                      "/usr/bin/git status",
                                      "./git status",
                                      "git  ' status'",
                                      "git '' status",
                                      "(git status)",
                                      "$(git status)",
                                      "`git status`",
                                      "sh -c 'git status'",
                                      "git",
                                      "status",
                                      "git log -n 5 --author=Ada x",
                                      "df -h | tail -n 4",
                                      "df -h  | tail -n 3",
                                      "df -h",
                                      "'df' -h | tail -n 3"}) {
    INFO(text);
    const auto found = match(text);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == base::Errc::forbidden);
  }
  for (const std::string_view text :
       {"git log -n 5;id --author=Ada", "git log -n $(id) --author=Ada", "git log -n 05 --author=A",
        "git log -n +5 --author=A", "git log -n 5.0 --author=A", "git log -n '5 ' --author=A",
        "git log -n 99999999999999999999 --author=A", "git log -n 5 --author=$(id)",
        "git log -n 5 --author=", "git log -n 5 --author=a;b", "level 1 green", "level 1 Red",
        "level 0x5", "level ''", "level 1e1", "level -4"}) {
    INFO(text);
    const auto found = match(text);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == base::Errc::invalid_argument);
  }
}

TEST_CASE("the longest texts are judged in time that grows with them, whatever the pattern") {
  const auto evil = parse_command_list(
      "[[project]]\nname = \"p\"\nfolder = \"/\"\nallow = { keys = true }\n[[project.line]]\n"
      "line = \"x {a}\"\n[[project.line.argument]]\nname = \"a\"\ntype = \"string\"\n"
      "max_length = 4096\npattern = \"(a|aa)+(a*)*b\"\n",
      "c.toml");
  REQUIRE(evil);
  // A matcher that backtracks would not return within the test's time limit.
  CHECK_FALSE(match_command(*evil->find_project("p"), "x " + std::string(4096, 'a'),
                            KeyCaller{rpc::Access::everything()}));
}

}  // namespace gateway::commands
