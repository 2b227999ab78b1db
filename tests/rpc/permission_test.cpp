// What API keys allow, over the whole method table.
#include "rpc/permission.h"

#include <set>

#include "rpc/event_queue.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"

using nlohmann::json;
using rpc::Access;
using rpc::Grants;
using rpc::KeyScope;

namespace {

constexpr std::array kAllScopes = {KeyScope::read,    KeyScope::write, KeyScope::events,
                                   KeyScope::publish, KeyScope::admin, KeyScope::view,
                                   KeyScope::commands};

std::shared_ptr<const Access> key_for(std::vector<KeyScope> scopes,
                                      std::vector<std::uint32_t> accounts = {}) {
  Grants grants;
  for (const KeyScope scope : scopes) {
    if (scope == KeyScope::publish) {
      grants.channels = {"*"};
    } else if (scope == KeyScope::commands) {
      grants.commands = {"*"};
    } else {
      grants.add(scope);
    }
  }
  for (const std::uint32_t account : accounts) grants.accounts.emplace_back(account);
  return std::make_shared<const Access>("k", grants);
}

json ask_as(rpc::Dispatcher& dispatcher, const std::shared_ptr<const Access>& access,
            std::string_view method, json params = json::array()) {
  Pending pending;
  const json body{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
  dispatcher.handle(body.dump(), a_caller(access), pending.answer());
  return json::parse(pending.wait());
}

}  // namespace

TEST_CASE("every method asks for its own scope, names it, and is content with it alone") {
  for (const rpc::Method& method : rpc::method_table().methods()) {
    INFO(method.name);
    std::vector<KeyScope> others;
    for (const KeyScope scope : kAllScopes) {
      if (scope != method.row.scope && scope != KeyScope::admin) others.push_back(scope);
    }
    const auto refusal = rpc::refusal_of(method, *key_for(others), json());
    REQUIRE(refusal);
    CHECK(refusal->code == rpc::Code::scope_missing);
    CHECK(refusal->message.find(name_of(method.row.scope)) != std::string::npos);
    CHECK_FALSE(rpc::refusal_of(method, *key_for({method.row.scope}), json()));
    CHECK_FALSE(rpc::refusal_of(method, *key_for({KeyScope::admin}), json()));
  }
}

TEST_CASE("no method lets a key for account 1 touch account 2, however it is asked") {
  // What names no account and may be called all the same: each keeps to the key's accounts, or has
  // nothing of anybody's. A new row comes here only after somebody has looked.
  const std::set<std::string_view> visible = {
      "get_all_accounts",         "get_all_account_ids",
      "get_selected_account_id",  "start_io_for_all_accounts",
      "stop_io_for_all_accounts", "get_next_event",
      "get_next_event_batch",     "parse_vcard",
      "is_sending_finished"};
  const std::set<std::string_view> nobodys = {"get_system_info",
                                              "get_app_version",
                                              "rpc.discover",
                                              "sleep",
                                              "check_email_validity",
                                              "create_qr_svg",
                                              "maybe_network",
                                              "background_fetch",
                                              "stop_background_fetch",
                                              "migrate_account",   // refused to everybody
                                              "publish_event",     // by channel scopes instead
                                              "set_initial_data",  // likewise
                                              "run_command",       // by scopes of commands
                                              "cancel_command",    // likewise
                                              "get_commands",
                                              "get_command_output",
                                              "privitty_license_check_feature",
                                              "privitty_license_get_info",
                                              "privitty_license_get_status"};
  const auto key = key_for({KeyScope::admin}, {1});
  std::size_t named = 0;
  for (const rpc::Method& method : rpc::method_table().methods()) {
    INFO(method.name);
    rpc::SchemaBook book;
    const auto params = method.describe(book).params;
    if (!method.names_account) {
      // A parameter that means an account has to be an AccountId, or nobody checks it.
      for (const auto& param : params) {
        CHECK(std::string_view(param.name).find("account") == std::string_view::npos);
      }
      const bool refused = rpc::refusal_of(method, *key, json()).has_value();
      const bool listed = visible.contains(method.name) || nobodys.contains(method.name);
      CHECK(refused != listed);
      continue;
    }
    ++named;
    json positional = json::array();
    for (const auto& param : params) {
      if (std::string_view(param.name).find("account") == std::string_view::npos) {
        positional.push_back(nullptr);
        continue;
      }
      for (const json& foreign : {json(2), json::array({1, 2})}) {
        if ((param.schema.find("array") != std::string::npos) != foreign.is_array()) continue;
        json at_its_place = positional;
        at_its_place.push_back(foreign);
        for (const json& sent : {json{{param.name, foreign}}, at_its_place}) {
          const auto refusal = rpc::refusal_of(method, *key, sent);
          REQUIRE(refusal);
          CHECK(refusal->code == rpc::Code::scope_missing);
          CHECK(refusal->message.find("account 2") != std::string::npos);
        }
      }
      CHECK_FALSE(rpc::refusal_of(method, *key, json{{param.name, 1}}));
      positional.push_back(1);
    }
    CHECK_FALSE(rpc::refusal_of(method, *key_for({KeyScope::admin}), json{{"account_id", 2}}));
  }
  CHECK(named > 50);
}

TEST_CASE("lists show a key its own accounts alone") {
  OneGateway gateway;
  auto& service = gateway.service();
  const auto second = result(service, "add_account").get<std::uint32_t>();
  const auto key = key_for({KeyScope::read, KeyScope::write}, {second});
  CHECK(ask_as(service, key, "get_all_account_ids")["result"] == json::array({second}));
  CHECK(ask_as(service, key, "get_all_accounts")["result"].size() == 1);
  CHECK(result(service, "get_all_account_ids").size() == 2);
  result(service, "select_account", json::array({1}));
  CHECK(ask_as(service, key, "get_selected_account_id")["result"].is_null());
  CHECK(result(service, "get_selected_account_id") == 1);

  const json refused = ask_as(service, key, "get_config", {1, "addr"});
  CHECK(refused["error"]["code"] == -32003);
  CHECK(ask_as(service, key, "get_config", {second, "addr"}).contains("result"));
  CHECK(ask_as(service, key, "add_account")["error"]["code"] == -32003);

  ask_as(service, key, "stop_io_for_all_accounts");
  CHECK(result(service, "get_connectivity", json::array({second})) == 1000);
  CHECK(result(service, "get_connectivity", json::array({1})) != 1000);
}

TEST_CASE("only scope admin may have an account reached through a relay on this machine") {
  OneGateway gateway;
  auto& service = gateway.service();
  const auto write = key_for({KeyScope::read, KeyScope::write});
  for (const char* url :
       {"http://127.0.0.1:9200", "http://LOCALHOST:80", "https://[::1]/",
        "http://[::ffff:127.0.0.1]:1", "http://a.localhost", "http://localhost.",
        "http://2130706433:80", "http://127.1", "http://0x7f000001", "http://0177.0.0.1:1"}) {
    INFO(url);
    const json one = ask_as(service, write, "set_config", {1, "relay_url", url});
    CHECK(one["error"]["code"] == -32003);
    CHECK(one["error"]["message"].get<std::string>().find("scope admin") != std::string::npos);
    const json named{{"account_id", 1}, {"key", "relay_url"}, {"value", url}};
    CHECK(ask_as(service, write, "set_config", named)["error"]["code"] == -32003);
    const json several{{"displayname", "x"}, {"relay_url", url}};
    CHECK(ask_as(service, write, "batch_set_config", {1, several})["error"]["code"] == -32003);
  }
  CHECK(result(service, "get_config", {1, "relay_url"}).is_null());
  CHECK(ask_as(service, write, "set_config", {1, "relay_url", "https://relay.example"})
            .contains("result"));
  CHECK(ask_as(service, write, "set_config", {1, "relay_url", nullptr}).contains("result"));
  CHECK(ask_as(service, key_for({KeyScope::admin}), "set_config",
               {1, "relay_url", "http://127.0.0.1:9200"})
            .contains("result"));
}

TEST_CASE("a batch is judged call by call") {
  OneGateway gateway;
  Pending pending;
  gateway.service().handle(
      R"([{"jsonrpc":"2.0","id":1,"method":"get_config","params":[1,"addr"]},)"
      R"({"jsonrpc":"2.0","id":2,"method":"set_config","params":[1,"displayname","x"]}])",
      a_caller(key_for({KeyScope::read})), pending.answer());
  const json answers = json::parse(pending.wait());
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].contains("result"));
  CHECK(answers[1]["error"]["code"] == -32003);
  CHECK(result(gateway.service(), "get_config", {1, "displayname"}) != "x");
}

TEST_CASE(
    "the queue of get_next_event gives a key the events of its accounts and keeps the others") {
  rpc::EventQueue queue([](const std::string&, base::UniqueFunction<void()> task) { task(); },
                        [](base::AccountId, base::ContactId) { return base::ChatId(); });
  const auto push = [&](std::uint32_t account, std::uint32_t message) {
    const messaging::Event event{base::EventId(message), base::AccountId(account), 0,
                                 messaging::IncomingMsg{base::ChatId(10), base::MsgId(message)}};
    queue.push(std::span(&event, 1));
  };
  std::vector<std::string> got;
  const auto reader = [&] {
    return rpc::EventQueue::Reader([&](base::Result<std::vector<std::string>> events) {
      got = events ? std::move(*events) : std::vector<std::string>{"failed"};
    });
  };
  const rpc::Caller second = a_caller(key_for({KeyScope::events}, {2}));
  queue.read(101, second, std::make_shared<base::LeasedItems>(), reader());
  push(1, 11);
  CHECK(got.empty());  // still parked: nothing of its own came
  push(2, 12);
  REQUIRE(got.size() == 1);
  CHECK(json::parse(got[0])["event"]["msgId"] == 12);
  got.clear();
  push(2, 13);
  queue.read(101, a_caller(), std::make_shared<base::LeasedItems>(), reader());
  CHECK(got.size() == 2);  // 11 was left for whoever may see it
  // Dropped events are reported to their owners.
  for (std::uint32_t i = 0; i < 10'005; ++i) push(1, 100 + i);
  got.clear();
  queue.read(101, second, std::make_shared<base::LeasedItems>(), reader());
  CHECK(got.empty());
  queue.read(1, a_caller(), std::make_shared<base::LeasedItems>(), reader());
  push(2, 9);
  CHECK_FALSE(got.empty());
}

TEST_CASE("scopes are read and written alike, and a wrong word is named") {
  constexpr const char* kGood =
      "rpc:read,events,publish:alarms,publish:*,commands:disk-usage,commands";
  const auto grants = rpc::parse_scopes(kGood);
  REQUIRE(grants);
  CHECK(rpc::scopes_text(*grants) == kGood);
  for (const char* bad :
       {"", "rpc", "rpc:read,", "read", "publish", "publish:", "publish:a b", "publish:a\n",
        "Admin", "commands:", "commands:*", "commands:a b", "commands:a/b", "command"}) {
    INFO(bad);
    CHECK_FALSE(rpc::parse_scopes(bad));
  }
  CHECK(rpc::parse_scopes("rpc:raed").error().message.find("'rpc:raed'") != std::string::npos);
  Grants one;
  one.channels = {"alarms"};
  const Access access("k", one);
  CHECK(access.may_publish("alarms"));
  CHECK_FALSE(access.may_publish("alarm"));
  CHECK_FALSE(access.may_publish("*"));
  CHECK_FALSE(access.may_run_command("alarms"));
  const Access runner("k", *rpc::parse_scopes("commands:df"));
  CHECK(runner.may(KeyScope::commands));
  CHECK(runner.may_run_command("df"));
  CHECK_FALSE(runner.may_run_command("d"));
  CHECK_FALSE(runner.may_run_command("*"));
  CHECK(Access("k", *rpc::parse_scopes("commands")).may_run_command("df"));
  CHECK(Access("k", *rpc::parse_scopes("admin")).may_run_command("df"));
}

TEST_CASE("secrets of the configuration are written by keys below admin and read by none of them") {
  OneGateway gateway;
  rpc::Service& service = gateway.service();
  const auto user = key_for(
      {KeyScope::read, KeyScope::write, KeyScope::events, KeyScope::publish, KeyScope::view});
  const auto admin = key_for({KeyScope::admin});
  const json secrets{
      {"relay_token", "sesame-1"},  {"mail_pw", "sesame-2"},
      {"send_pw", "sesame-3"},      {"socks5_password", "sesame-4"},
      {"device_token", "sesame-5"}, {"proxy_url", "socks5://me:sesame-6@10.0.0.1:1080"}};
  json names = json::array();
  for (const auto& [key, value] : secrets.items()) {
    INFO(key);
    names.push_back(key);
    CHECK(ask_as(service, user, "set_config", {1, key, value})["result"].is_null());
    CHECK(ask_as(service, user, "get_config", {1, key})["result"].is_null());
    CHECK(
        ask_as(service, user, "get_config", {{"account_id", 1}, {"key", key}})["result"].is_null());
    CHECK(ask_as(service, admin, "get_config", {1, key})["result"] == value);
    CHECK(ask_as(service, Access::everything(), "get_config", {1, key})["result"] == value);
  }
  CHECK(ask_as(service, user, "batch_set_config", {1, secrets})["result"].is_null());
  const json shown = ask_as(service, user, "batch_get_config", {1, names});
  for (const auto& [key, value] : shown["result"].items()) {
    INFO(key);
    CHECK(value.is_null());
  }
  CHECK(ask_as(service, admin, "batch_get_config", {1, names})["result"] == secrets);
  // What names no login is no secret.
  CHECK(ask_as(service, user, "set_config", {1, "proxy_url", "socks5://10.0.0.1:1080"})
            .contains("result"));
  CHECK(ask_as(service, user, "get_config", {1, "proxy_url"})["result"] ==
        "socks5://10.0.0.1:1080");
  CHECK(ask_as(service, user, "get_config", {1, "relay_url"})["result"].is_null());
  // Nor does any method show them that needs nothing but an account.
  for (const rpc::Method& method : rpc::method_table().methods()) {
    if (method.row.parked || method.row.scope != KeyScope::read) continue;
    INFO(method.name);
    CHECK(ask_as(service, user, method.name, json::array({1})).dump().find("sesame") ==
          std::string::npos);
  }
}
