// Who may run what, against a model: every combination of a few keys, contacts, groups and rows.
#include "gateway/commands/caller.h"
#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

struct KeyModel {
  const char* scopes;
  bool all;                        // the scope commands, or admin
  std::vector<const char*> names;  // of commands:NAME
};

const std::vector<KeyModel> kKeys = {
    {"rpc:read", false, {}},
    {"rpc:read,rpc:write,events,publish:*,view", false, {}},
    {"publish:one", false, {}},
    {"admin", true, {}},
    {"commands", true, {}},
    {"commands:one", false, {"one"}},
    {"commands:two", false, {"two"}},
    {"commands:first", false, {"first"}},
    {"commands:one,commands:second", false, {"one", "second"}},
    {"commands:on", false, {"on"}},
    {"commands:one.", false, {"one."}},
    {"commands:ONE", false, {"ONE"}},
};

struct RowModel {
  std::string name;
  bool is_line;
  bool keys;
};

const std::vector<RowModel> kRows = {
    {"one", false, true},  {"one", false, false},
    {"two", false, true},  {"one", true, true},  // a line whose text is a command's name
    {"two x", true, true}, {"two x", true, false},
};

}  // namespace

TEST_CASE("keys run what their row and their scope allow together, and nothing after their end") {
  Project first, second;
  first.name = "first";
  second.name = "second";
  int allowed = 0, checked = 0;
  for (const KeyModel& key : kKeys) {
    const auto grants = rpc::parse_scopes(key.scopes);
    REQUIRE(grants);
    for (const bool ended : {false, true}) {
      const auto access = std::make_shared<const rpc::Access>("k", *grants);
      if (ended) access->end();
      for (const RowModel& row : kRows) {
        Command command;
        command.name = row.name;
        command.is_line = row.is_line;
        command.allowed.keys = row.keys;
        // Lists of contacts give keys nothing.
        command.allowed.contacts = {"k", ""};
        command.allowed.groups = {"k", ""};
        for (const Project* project :
             {static_cast<const Project*>(nullptr), static_cast<const Project*>(&first),
              static_cast<const Project*>(&second)}) {
          bool named = false;
          for (const std::string name : key.names) {
            if (!row.is_line && name == row.name) named = true;
            if (project != nullptr && name == project->name) named = true;
          }
          // A line without a project is no row that exists; a key for all may run it all the same.
          const bool all = key.all && (!row.is_line || project != nullptr);
          const bool model = row.keys && !ended && (all || named);
          INFO(key.scopes << " / " << row.name << (row.is_line ? " (line)" : "") << " / "
                          << (project == nullptr ? "no project" : project->name) << " / " << ended);
          CHECK(may_run(KeyCaller{access}, command, project) == model);
          allowed += model ? 1 : 0;
          ++checked;
        }
      }
    }
  }
  CHECK(allowed > 20);
  CHECK(checked > 400);
  Command open;
  open.name = "one";
  open.allowed.keys = true;
  CHECK_FALSE(may_run(KeyCaller{nullptr}, open, &first));
}

TEST_CASE(
    "contacts run what names them or a group of theirs, and keys' rights are none of theirs") {
  const std::vector<std::string> people = {"aa", "bb", "aabb", ""};
  const std::vector<std::vector<std::string>> lists = {{}, {"aa"}, {"bb", "aa"}, {"cc"}};
  int allowed = 0;
  for (const auto& person : people) {
    for (const auto& member_of : lists) {
      for (const auto& contacts : lists) {
        for (const auto& groups : lists) {
          for (const bool keys : {false, true}) {
            Command command;
            command.name = "aa";
            command.allowed = {.keys = keys, .contacts = contacts, .groups = groups};
            bool model = false;
            for (const auto& contact : contacts) model = model || contact == person;
            for (const auto& group : groups) {
              for (const auto& own : member_of) model = model || group == own;
            }
            CHECK(may_run(ContactCaller{person, member_of}, command, nullptr) == model);
            allowed += model ? 1 : 0;
          }
        }
      }
    }
  }
  CHECK(allowed > 100);
}

}  // namespace gateway::commands
