// The methods of device commands: who asks for what reaches whoever runs them.
#include "rpc/device_commands.h"
#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

// Runs nothing; remembers what was asked.
struct Asked final : rpc::DeviceCommands {
  using Run = rpc::shape::CommandRun;
  base::Result<Run> run(const rpc::Caller& caller, const std::string& project,
                        const std::string& command) override {
    calls.push_back(caller.access->key_id() + " run " + project + ": " + command);
    if (command == "busy") return base::fail(base::Errc::exhausted, "too many run");
    return made();
  }
  base::Result<Run> cancel(const rpc::Caller&, const std::string& id) override {
    calls.push_back("cancel " + id);
    return made();
  }
  base::Result<std::vector<Run>> runs(const rpc::Caller&, const std::optional<std::string>& project,
                                      std::size_t limit) override {
    calls.push_back("runs " + project.value_or("all") + " " + std::to_string(limit));
    return std::vector{made()};
  }
  base::Result<rpc::shape::CommandOutput> output(const rpc::Caller&, const std::string& id,
                                                 std::uint64_t after, std::size_t limit) override {
    calls.push_back("output " + id + " " + std::to_string(after) + " " + std::to_string(limit));
    rpc::shape::CommandOutput out;
    out.run = made();
    out.lines.push_back({.id = 9, .line = "a", .stream = "stdout"});
    out.next = 9;
    return out;
  }
  static Run made() {
    Run out;
    out.id = "cmd-1";
    out.status = "running";
    return out;
  }
  std::vector<std::string> calls;
};

struct Daemon {
  json ask(const std::string& method, json params) {
    Pending pending;
    const json body{
        {"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
    rpc::Grants grants;
    grants.commands = {"*"};
    service.handle(body.dump(), a_caller(std::make_shared<const rpc::Access>("k7", grants)),
                   pending.answer());
    return json::parse(pending.wait());
  }
  base::SystemClock clock;
  Asked asked;
  rpc::Service service{nullptr, clock};
};

}  // namespace

TEST_CASE("without a list of commands the methods say what is missing") {
  Daemon daemon;
  for (const auto& [method, params] :
       {std::pair{"run_command", json{"p", "c"}}, std::pair{"cancel_command", json{"cmd-1"}},
        std::pair{"get_commands", json::array()}, std::pair{"get_command_output", json{"cmd-1"}}}) {
    const json answer = daemon.ask(method, params);
    INFO(answer.dump());
    CHECK(answer.at("error").at("message").get<std::string>().find("--commands") !=
          std::string::npos);
  }
}

TEST_CASE("calls of device commands reach who runs them, with the caller and within bounds") {
  Daemon daemon;
  daemon.service.set_commands(daemon.asked);
  const json run = daemon.ask("run_command", {"plant", "disk-usage /"});
  CHECK(run.at("result").at("id") == "cmd-1");
  CHECK(run.at("result").at("exit_code").is_null());
  CHECK(daemon.ask("run_command", {"plant", "busy"}).at("error").at("message") == "too many run");
  daemon.ask("cancel_command", {{"id", "cmd-1"}});
  daemon.ask("get_commands", json::array());
  daemon.ask("get_commands", {"plant", 1'000'000});
  daemon.ask("get_command_output", {"cmd-1"});
  daemon.ask("get_command_output", {"cmd-1", 7, 0});
  const json output = daemon.ask("get_command_output", {"cmd-1", nullptr, 1'000'000});
  CHECK(output.at("result").at("lines").at(0).at("line") == "a");
  CHECK(output.at("result").at("next") == 9);
  CHECK(daemon.asked.calls ==
        std::vector<std::string>{"k7 run plant: disk-usage /", "k7 run plant: busy", "cancel cmd-1",
                                 "runs all 100", "runs plant 1000", "output cmd-1 0 1000",
                                 "output cmd-1 7 1", "output cmd-1 0 1000"});
  CHECK(daemon.ask("run_command", {"plant"}).contains("error"));
  CHECK(daemon.ask("get_command_output", {"cmd-1", -1}).contains("error"));
  CHECK(daemon.asked.calls.size() == 8);
}
