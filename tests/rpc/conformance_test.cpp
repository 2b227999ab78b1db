// Every method of the table by what the OpenRPC document says of it: good parameters are answered
// by what the schema of the result allows, or by an error for a person; missing, surplus and
// mistyped ones are refused as such. Every kind of event is what its schema says.
#include <nlohmann/json.hpp>
#include <set>

#include "rpc/event_json.h"
#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/rpc/schema_check.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

constexpr int kInvalidParams = -32602;

// An account of the gateway with something of each kind, made anew for each method: methods delete.
class Ground {
 public:
  explicit Ground(rpc::Dispatcher& api) : api_(api) {
    account = result(api_, "add_account");
    chat = result(api_, "create_chat_by_contact_id", {account, 1});
    message = result(api_, "misc_send_text_message", {account, chat, "a text"});
    contact = result(api_, "create_contact", {account, "pump@plant.example", "Pump"});
    group = result(api_, "create_group_chat", {account, "Shift 2", false});
  }

  // A value for a parameter: by its name where a name says what is meant, else by its schema.
  json sample(const json& param, const json& schemas) const {
    const std::string name = param["name"];
    const bool list = param["schema"].value("type", json()) == "array";
    const auto one_or_list = [&](const json& value) { return list ? json::array({value}) : value; };
    if (name.ends_with("account_id") || name == "id" || name == "order") {
      return one_or_list(account);
    }
    if (name.ends_with("chat_id") || name == "chat_ids" || name == "entries") {
      return one_or_list(chat);
    }
    if (name.ends_with("message_id") || name.ends_with("msg_id") || name.ends_with("message_ids") ||
        name.ends_with("msg_ids")) {
      return one_or_list(message);
    }
    if (name.ends_with("contact_id") || name == "contacts") return one_or_list(contact);
    if (name == "key") return "displayname";
    if (name == "keys") return {"displayname"};
    if (name == "config") return json{{"displayname", "Pump 3"}};
    if (name == "email" || name == "addr") return "somebody@plant.example";
    if (name == "strings") return json{{"2", "Ich"}};
    if (name == "vcard") return "BEGIN:VCARD\nEMAIL:a@b\nEND:VCARD";
    return by_schema(param["schema"], schemas);
  }

  json account, chat, message, contact, group;

 private:
  static json by_schema(const json& schema, const json& schemas) {
    if (schema.is_boolean()) return 1;
    if (schema.contains("$ref")) {
      const std::string ref = schema["$ref"];
      return by_schema(schemas.at(ref.substr(ref.rfind('/') + 1)), schemas);
    }
    for (const char* any : {"anyOf", "oneOf"}) {
      if (schema.contains(any)) return by_schema(schema[any][0], schemas);
    }
    if (schema.contains("enum")) return schema["enum"][0];
    json type = schema.value("type", json("object"));
    if (type.is_array()) type = type[0];
    if (type == "integer") return 1;
    if (type == "number") return 0.5;
    if (type == "boolean") return false;
    if (type == "string") return "x";
    if (type == "array") return json::array();
    if (type == "null") return nullptr;
    json object = json::object();
    for (const json& name : schema.value("required", json::array())) {
      object[name.get<std::string>()] =
          by_schema(schema["properties"][name.get<std::string>()], schemas);
    }
    return object;
  }

  rpc::Dispatcher& api_;
};

// A value that no schema of the kind allows.
json mistyped(const json& schema) {
  const json type = schema.is_object() ? schema.value("type", json()) : json();
  const auto allows = [&](const char* name) {
    return type == name ||
           (type.is_array() && std::find(type.begin(), type.end(), name) != type.end());
  };
  if (allows("object") || !schema.is_object() || schema.contains("$ref") ||
      schema.contains("anyOf") || schema.contains("oneOf")) {
    return 3.5;
  }
  return json{{"nonsense", true}};
}

constexpr const char* kSays[] = {"type", "$ref", "anyOf", "oneOf", "enum"};

bool takes_anything(const json& schema) {
  if (schema.is_boolean()) return true;
  for (const json& option : schema.value("anyOf", json::array())) {
    if (takes_anything(option)) return true;
  }
  if (schema.contains("type") && schema["type"].is_array()) {
    const json& types = schema["type"];  // an object and a number: what mistyped() tries
    return std::find(types.begin(), types.end(), "object") != types.end() &&
           std::find(types.begin(), types.end(), "number") != types.end();
  }
  return std::none_of(std::begin(kSays), std::end(kSays),
                      [&](const char* word) { return schema.contains(word); });
}

struct Table {
  json document = json::parse(rpc::openrpc_document(rpc::method_table()));
  json schemas = document["components"]["schemas"];
  SchemaCheck check{schemas, true};
};

// Waiting for news is not what is looked at here, and these end the process's work or wait.
bool runs(const rpc::Method& method) {
  static const std::set<std::string_view> kNot = {"sleep", "wait_next_msgs", "get_next_event",
                                                  "get_next_event_batch"};
  return !method.row.parked && !kNot.contains(method.name);
}

// Samples that are of the right type and say nothing that there is.
bool is_refused_for_params(const std::string& method) {
  static const std::set<std::string> kRefused = {"get_command_output", "misc_send_msg",
                                                 "publish_event"};
  return kRefused.contains(method);
}

int code_in(const json& answer) { return answer["error"]["code"]; }

// Each kind of event, with all its members at their defaults.
template <std::size_t... I>
std::vector<messaging::EventBody> all_events(std::index_sequence<I...>) {
  std::vector<messaging::EventBody> all;
  (all.emplace_back(std::in_place_index<I>), ...);
  return all;
}

}  // namespace

TEST_CASE("good parameters are answered as the document says") {
  OneGateway gateway;
  const Table table;
  for (const json& described : table.document["methods"]) {
    const std::string name = described["name"];
    const rpc::Method* method = rpc::method_table().find(name);
    REQUIRE(method != nullptr);
    if (!runs(*method) || name == "rpc.discover") continue;  // api_doc_test.cpp looks at it
    const Ground ground(gateway.service());
    json params = json::array();
    for (const json& param : described["params"]) {
      params.push_back(ground.sample(param, table.schemas));
    }
    const json answer = call(gateway.service(), name, params);
    INFO(name << params.dump() << ": " << answer.dump().substr(0, 600));
    if (answer.contains("result")) {
      CHECK(table.check.fault(described["result"]["schema"], answer["result"], "result") == "");
      continue;
    }
    const std::string message = answer["error"]["message"];
    CHECK_FALSE(message.empty());
    CHECK(message.find("log id") == std::string::npos);  // a bug's
  }
}

TEST_CASE("missing, surplus and mistyped parameters are refused, by name") {
  OneGateway gateway;
  const Table table;
  const Ground ground(gateway.service());
  for (const json& described : table.document["methods"]) {
    const std::string name = described["name"];
    const json& params = described["params"];
    json good = json::array();
    for (const json& param : params) good.push_back(ground.sample(param, table.schemas));

    json surplus = good;
    surplus.push_back(1);
    json answer = call(gateway.service(), name, surplus);
    INFO(name << ": " << answer.dump().substr(0, 300));
    CHECK(code_in(answer) == kInvalidParams);
    answer = call(gateway.service(), name, json{{"no_such_parameter", 1}});
    CHECK(code_in(answer) == kInvalidParams);

    const bool refused_as_they_are = is_refused_for_params(name);
    for (std::size_t i = 0; i < params.size(); ++i) {
      const std::string param = params[i]["name"];
      INFO(param);
      if (params[i]["required"]) {
        json missing = json::object();
        for (std::size_t j = 0; j < params.size(); ++j) {
          if (j != i) missing[params[j]["name"].get<std::string>()] = good[j];
        }
        answer = call(gateway.service(), name, missing);
        CHECK(code_in(answer) == kInvalidParams);
        CHECK(answer["error"]["message"].get<std::string>().find(param) != std::string::npos);
      }
      if (takes_anything(params[i]["schema"])) continue;
      json wrong = good;
      wrong[i] = mistyped(params[i]["schema"]);
      answer = call(gateway.service(), name, wrong);
      REQUIRE(answer.contains("error"));
      CHECK(code_in(answer) == kInvalidParams);
      // By name, unless a value before it is refused for what it says.
      if (!refused_as_they_are) {
        CHECK(answer["error"]["message"].get<std::string>().find(param) != std::string::npos);
      }
    }
  }
}

TEST_CASE("every kind of event has the form that Delta Chat's schema gives it, and our own") {
  const SchemaCheck reference = SchemaCheck::reference();
  const Table table;
  constexpr std::size_t kKinds = std::variant_size_v<messaging::EventBody>;
  std::size_t theirs = 0;
  for (messaging::EventBody& body : all_events(std::make_index_sequence<kKinds>())) {
    if (std::holds_alternative<messaging::ChannelEvent>(body)) continue;
    const messaging::Event event{base::EventId(1), base::AccountId(1), 0, std::move(body)};
    const json written = json::parse(rpc::core_event_json(event, base::ChatId(10)));
    INFO(written.dump());
    const std::string kind = written["event"]["kind"];
    if (kind.starts_with("Privitty")) continue;  // get_next_event does not answer it
    CHECK(table.check.fault("Event", written) == "");
    CHECK(reference.fault("Event", written) == "");
    ++theirs;
  }
  CHECK(theirs > 20);
}
