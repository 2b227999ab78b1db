// Who may run what from a chat, against a model: every combination of a few lists, contacts, groups
// and requests.
#include "gateway/commands/chat_decision.h"

#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');
const std::string kGroup(32, 'a');

Allowed allow(bool keys, std::vector<std::string> contacts, std::vector<std::string> groups) {
  Allowed out;
  out.keys = keys;
  out.contacts = std::move(contacts);
  out.groups = std::move(groups);
  return out;
}

std::shared_ptr<Command> command(const std::string& name, Allowed allowed) {
  auto out = std::make_shared<Command>();
  out->name = name;
  out->allowed = std::move(allowed);
  Argument argument;
  argument.name = "unit";
  argument.type = ArgumentType::choice;
  argument.choices = {"kelvin", "celsius"};
  argument.preset = "celsius";
  out->arguments.push_back(std::move(argument));
  return out;
}

ChatRequest asked(const std::string& name, bool json) {
  ChatRequest out;
  out.command = name;
  if (json) out.id = "r-1";
  return out;
}

std::string kind_of(const ChatDecision& decision) {
  if (const auto* refusal = std::get_if<ChatRefusal>(&decision)) return refusal->answer.status;
  if (std::holds_alternative<NoRequest>(decision)) return "none";
  return std::holds_alternative<BuiltIn>(decision) ? "built in" : "run";
}

}  // namespace

TEST_CASE("a contact runs what a row names for it or for a group of its own, and nothing else") {
  const std::vector<Allowed> rules = {
      allow(false, {}, {}),     allow(true, {}, {}),        allow(false, {kOne}, {}),
      allow(false, {kTwo}, {}), allow(false, {}, {kGroup}), allow(true, {kOne, kTwo}, {kGroup})};
  const std::vector<ContactCaller> callers = {{kOne, {}},
                                              {kTwo, {}},
                                              {kOne, {kGroup}},
                                              {std::string(64, '3'), {kGroup}},
                                              {std::string(64, '3'), {std::string(32, 'b')}},
                                              {"", {}}};
  const auto may = [](const Allowed& rule, const ContactCaller& caller) {
    bool out = false;
    for (const auto& contact : rule.contacts) out = out || contact == caller.fingerprint;
    for (const auto& group : rule.groups) {
      for (const auto& own : caller.groups) out = out || group == own;
    }
    return out;
  };
  std::map<std::string, int> seen;
  for (const Allowed& first : rules) {
    for (const Allowed& second : rules) {
      CommandList list;
      list.commands = {command("first", first), command("second", second)};
      for (const ContactCaller& caller : callers) {
        const bool any = may(first, caller) || may(second, caller);
        CHECK(may_run_any(list, caller) == any);
        const auto commands = commands_for(list, caller);
        CHECK(commands.size() ==
              (any ? 2U + (may(first, caller) ? 1U : 0U) + (may(second, caller) ? 1U : 0U) : 0U));
        for (const bool json : {true, false}) {
          for (const std::string name : {"first", "second", "third", "help", "status"}) {
            std::string model;
            if (!any) {
              model = json ? "unauthorized" : "none";
            } else if (name == "help" || name == "status") {
              model = "built in";
            } else if (name == "third") {
              model = "obsolete";
            } else {
              model = may(name == "first" ? first : second, caller) ? "run" : "unauthorized";
            }
            const auto decision = decide_chat_request(&list, caller, asked(name, json));
            INFO(name << (json ? " by JSON" : " by text") << " of " << caller.fingerprint);
            CHECK(kind_of(decision) == model);
            ++seen[model];
            if (const auto* match = std::get_if<CommandMatch>(&decision)) {
              CHECK(match->command->name == name);
              CHECK(match->values == std::vector<std::string>{"celsius"});
            }
            if (const auto* none = std::get_if<NoRequest>(&decision)) {
              CHECK(none->attempt == (name == "first" || name == "second"));
            }
            if (const auto* refusal = std::get_if<ChatRefusal>(&decision)) {
              CHECK(refusal->attempt == (model == "unauthorized"));
            }
          }
        }
      }
    }
  }
  for (const char* kind : {"unauthorized", "none", "built in", "obsolete", "run"}) {
    INFO(kind);
    CHECK(seen[kind] > 20);
  }
  CHECK(kind_of(decide_chat_request(nullptr, callers[0], asked("first", true))) == "unauthorized");
  CHECK(kind_of(decide_chat_request(nullptr, callers[0], asked("first", false))) == "none");
}

TEST_CASE("values come by name or by place, defaults apply, and what is wrong is said in words") {
  CommandList list;
  auto row = command("temperature", allow(false, {kOne}, {}));
  Argument sensor;
  sensor.name = "sensor";
  sensor.type = ArgumentType::integer;
  sensor.least = 1;
  sensor.most = 9;
  row->arguments.insert(row->arguments.begin(), sensor);
  list.commands = {row};
  const ContactCaller caller{kOne, {}};
  const auto decide = [&](auto values) {
    ChatRequest request = asked("temperature", true);
    request.values = std::move(values);
    return decide_chat_request(&list, caller, request);
  };
  using ByName = std::map<std::string, std::string>;
  using ByPlace = std::vector<std::string>;
  const auto values_of = [&](auto values) {
    const auto decision = decide(std::move(values));
    const auto* match = std::get_if<CommandMatch>(&decision);
    return match == nullptr ? ByPlace{kind_of(decision)} : match->values;
  };
  CHECK(values_of(ByName{{"sensor", "3"}}) == ByPlace{"3", "celsius"});
  CHECK(values_of(ByName{{"unit", "kelvin"}, {"sensor", "3"}}) == ByPlace{"3", "kelvin"});
  CHECK(values_of(ByPlace{"3"}) == ByPlace{"3", "celsius"});
  CHECK(values_of(ByPlace{"3", "kelvin"}) == ByPlace{"3", "kelvin"});
  const auto message_of = [&](auto values) {
    const auto decision = decide(std::move(values));
    const auto* refusal = std::get_if<ChatRefusal>(&decision);
    REQUIRE(refusal != nullptr);
    CHECK(refusal->answer.status == "failed");
    CHECK_FALSE(refusal->attempt);
    return refusal->answer.message;
  };
  CHECK_THAT(message_of(ByName{}), Catch::Contains("sensor"));
  CHECK_THAT(message_of(ByName{{"sensor", "10"}}), Catch::Contains("from 1 to 9"));
  CHECK_THAT(message_of(ByName{{"sensor", "3"}, {"x", "y"}}), Catch::Contains("'x'"));
  CHECK_THAT(message_of(ByPlace{"3", "kelvin", "now"}), Catch::Contains("takes 2 arguments"));
}

TEST_CASE("help and the manifest list what the contact may run, with arguments and defaults") {
  CommandList list;
  auto row = command("temperature", allow(false, {kOne}, {}));
  row->description = "How warm it is";
  row->output_mode = OutputMode::automatic;
  list.commands = {row, command("hidden", allow(false, {kTwo}, {}))};
  const ContactCaller caller{kOne, {}};
  CHECK(help_text(list, caller) ==
        "Available commands:\n/help — Lists the commands\n/status — How this device is\n"
        "/temperature — How warm it is (unit: celsius)");
  const auto commands = commands_for(list, caller);
  REQUIRE(commands.size() == 3);
  CHECK(commands[2].name == "temperature");
  CHECK(commands[2].output_mode == messaging::DeviceOutputMode::automatic);
  REQUIRE(commands[2].arguments.size() == 1);
  CHECK(commands[2].arguments[0].preset == "celsius");
  CHECK(commands[2].arguments[0].choices == std::vector<std::string>{"kelvin", "celsius"});
  CHECK(commands_for(list, {std::string(64, '3'), {}}).empty());
}

}  // namespace gateway::commands
