// Our OpenRPC document beside Delta Chat's (tests/data/deltachat-methods.json: names, parameters
// and types of its JSON-RPC 2.57 and 2.65): every deliberate difference is listed here with its
// reason.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "rpc/service.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

using nlohmann::json;

namespace {

// A parameter or result ("method.param" or "method = result") whose type is another one.
const std::map<std::string, std::string> kOtherTypes = {
    {"create_group_chat.protect", "may be left out: every group is encrypted"},
    {"get_chat_media.messageType",
     "stands before two that may be null, and is refused by name when it is null"},
    {"get_http_response = result", "always refused: the gateway fetches nothing for its callers"},
    {"misc_send_msg.location", "a list of two numbers"},
    {"secure_join_with_ux_info.source", "not used, so any text does"},
    {"secure_join_with_ux_info.uipath", "not used, so any text does"},
};

// Parameters with another name, as "method.param": named so in this API from its first version on,
// and sent by position by every client of Delta Chat.
const std::map<std::string, std::string> kOtherNames = {
    {"get_existing_msg_ids.msgIds", "message_ids"},
    {"get_message.msgId", "message_id"},
    {"markseen_msgs.msgIds", "message_ids"},
    {"select_account.id", "account_id"},
};

// "accountId" as "account_id": parameters are sent by position, and by name in the spelling of this
// API, which is that of its methods.
std::string snake_case(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

// A schema as a word: "integer", "[integer]", "{Contact}", "Message|null".
std::string kind_of(const json& schema) {
  if (schema.is_boolean()) return "any";
  if (schema.contains("$ref")) {
    const std::string ref = schema["$ref"];
    return ref.substr(ref.rfind('/') + 1);
  }
  std::vector<std::string> kinds;
  for (const char* any : {"anyOf", "oneOf"}) {
    if (!schema.contains(any)) continue;
    for (const json& one : schema[any]) kinds.push_back(kind_of(one));
  }
  if (kinds.empty() && schema.contains("type") && schema["type"].is_array()) {
    for (const json& type : schema["type"]) {
      json one = schema;
      one["type"] = type;
      kinds.push_back(kind_of(one));
    }
  }
  if (!kinds.empty()) {
    std::sort(kinds.begin(), kinds.end());
    std::string all;
    for (const std::string& kind : kinds) all += (all.empty() ? "" : "|") + kind;
    return all;
  }
  const std::string type = schema.value("type", "any");
  if (type == "array") {
    if (!schema.contains("items")) return "[any]";
    if (!schema["items"].is_array()) return "[" + kind_of(schema["items"]) + "]";
    std::string all;
    for (const json& one : schema["items"]) all += (all.empty() ? "" : ",") + kind_of(one);
    return "(" + all + ")";
  }
  if (type == "object" && schema.contains("additionalProperties") &&
      !schema.contains("properties")) {
    return "{" + kind_of(schema["additionalProperties"]) + "}";
  }
  return type;
}

bool may_be_null(const std::string& kind) {
  return kind == "null" || kind.starts_with("null|") || kind.ends_with("|null");
}

struct Documents {
  json theirs;
  std::map<std::string, json> ours;
  Documents() {
    std::ifstream in(test::source_path("tests/data/deltachat-methods.json"));
    theirs = json::parse(in);
    const json document = json::parse(rpc::openrpc_document(rpc::method_table()));
    for (const json& method : document["methods"]) ours.emplace(method["name"], method);
  }
};

}  // namespace

TEST_CASE("every method of Delta Chat is here") {
  const Documents documents;
  REQUIRE(documents.theirs.size() == 184);
  for (const auto& [name, method] : documents.theirs.items()) {
    INFO(name);
    CHECK(documents.ours.contains(name));
  }
}

TEST_CASE("parameters and results are Delta Chat's, or it is listed why not") {
  const Documents documents;
  std::map<std::string, std::string> differences;
  for (const auto& [name, theirs] : documents.theirs.items()) {
    const json& ours = documents.ours.at(name);
    INFO(name);
    REQUIRE(ours["params"].size() == theirs["params"].size());
    for (std::size_t i = 0; i < ours["params"].size(); ++i) {
      const json& param = ours["params"][i];
      const std::string wanted = theirs["params"][i][0];
      const auto other = kOtherNames.find(name + "." + wanted);
      CHECK(param["name"] == (other == kOtherNames.end() ? snake_case(wanted) : other->second));
      const std::string kind = kind_of(param["schema"]);
      const std::string their_kind = theirs["params"][i][1];
      if (kind != their_kind) differences[name + "." + wanted] = their_kind + " -> " + kind;
      // What may be null may be left out; what may not is required, as with Delta Chat.
      CHECK(param["required"] == !may_be_null(kind));
    }
    const std::string kind = kind_of(ours["result"]["schema"]);
    const std::string their_kind = theirs["result"];
    if (kind != their_kind) differences[name + " = result"] = their_kind + " -> " + kind;
  }
  for (const auto& [where, difference] : differences) {
    INFO(where << ": " << difference);
    CHECK(kOtherTypes.contains(where));
  }
  for (const auto& [where, reason] : kOtherTypes) {
    INFO(where);
    CHECK(differences.contains(where));
    CHECK_FALSE(reason.empty());
  }
}
