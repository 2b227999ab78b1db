// docs/api.md: the method table, the shapes that its results are made of, and the events, for
// people.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "messaging/model/events.h"
#include "rpc/error.h"
#include "rpc/json_schema.h"
#include "rpc/service.h"

namespace rpc {
namespace {

using nlohmann::json;

std::string signature(const Method& method, const MethodInfo& info) {
  std::string params;
  for (const ParamInfo& param : info.params) {
    if (!params.empty()) params += ", ";
    params += param.name;
  }
  return fmt::format("{}({})", method.name, params);
}

// A cell of a table, with bars escaped.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// "[Message](#message) or null", "list of integer".
std::string type_text(const json& schema) {
  if (!schema.is_object()) return "any";
  if (schema.contains("$ref")) {
    const std::string ref = schema["$ref"];
    const std::string name = ref.substr(ref.rfind('/') + 1);
    std::string anchor = name;
    for (char& c : anchor) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return fmt::format("[{}](#{})", name, anchor);
  }
  if (schema.contains("anyOf")) return type_text(schema["anyOf"].front()) + " or null";
  if (schema.contains("enum")) {
    std::string out;
    for (const json& value : schema["enum"]) {
      out += fmt::format("{}`{}`", out.empty() ? "" : ", ", value.get<std::string>());
    }
    return out;
  }
  const std::string type = schema.value("type", "any");
  if (type == "array" && schema["items"].is_array()) {
    std::string out;
    for (const json& item : schema["items"]) out += (out.empty() ? "[" : ", ") + type_text(item);
    return out + "]";
  }
  if (type == "array") return "list of " + type_text(schema["items"]);
  if (type == "object" && schema.contains("additionalProperties") &&
      schema["additionalProperties"].is_object()) {
    return "map of " + type_text(schema["additionalProperties"]);
  }
  return type;
}

void append_fields(std::string& out, const json& schema) {
  if (!schema.contains("properties")) {
    out += fmt::format("An {}.\n", type_text(schema));
    return;
  }
  out += "| field | type | meaning |\n|---|---|---|\n";
  const json required = schema.value("required", json::array());
  for (const auto& [name, field] : schema["properties"].items()) {
    const bool always = std::find(required.begin(), required.end(), name) != required.end();
    out += fmt::format("| {} | {}{} | {} |\n", name, cell(type_text(field)),
                       always ? "" : " or absent", cell(field.value("description", "")));
  }
}

std::string shapes(const SchemaBook& book) {
  std::string out =
      "\n# Shapes\n\nWhat results are made of. `or null` says which fields may be null, `or "
      "absent` "
      "which may be missing; all others are always there.\n";
  for (const auto& [name, text] : book) {
    const json schema = json::parse(text, nullptr, /*allow_exceptions=*/false);
    out += fmt::format("\n## {}\n\n", name);
    if (schema.contains("oneOf")) {
      out += "One of these; `kind` says which.\n";
      for (const json& kind : schema["oneOf"]) {
        out += '\n';
        append_fields(out, kind);
      }
    } else if (schema.contains("enum")) {
      out += fmt::format("One of {}.\n", type_text(schema));
    } else {
      append_fields(out, schema);
    }
  }
  return out;
}

template <class Body>
void append_event(std::string& out) {
  std::string fields;
  base::for_each_field_of<Body>([&](const auto& field) {
    using Member = typename std::remove_cvref_t<decltype(field)>::type;
    fields += fmt::format("{}`{}` ({}): {}", fields.empty() ? "" : "; ", field.name,
                          type_name<Member>(), field.doc);
  });
  out += fmt::format("| {} | {} | {} |\n", Body::kName, cell(Body::kDoc), cell(fields));
}

template <class... Bodies>
void append_events(std::string& out, std::type_identity<std::variant<Bodies...>>) {
  (append_event<Bodies>(out), ...);
}

std::string events() {
  std::string out =
      "\n# Events\n\n"
      "`GET /events` writes each as a line `data: {\"type\":…,\"account_id\":…}` with the fields "
      "below, after "
      "an `id:` line\nwhose number only rises; `get_next_event` and `get_next_event_batch` give "
      "the same as\n"
      "`{\"contextId\":<account_id>,\"event\":{\"kind\":…}}` with the fields in camelCase, but for "
      "the types that begin\nwith `Privitty`: Delta Chat's clients end at a kind that they do not "
      "know. "
      "`account_id` 0 is the "
      "daemon as a whole.\nA field `chat_id` or `msg_id` of 0 means several.\n\n"
      "| type | reported when | fields besides `type` and `account_id` |\n|---|---|---|\n";
  append_events(out, std::type_identity<messaging::EventBody>());
  return out;
}

}  // namespace

std::string api_markdown(const MethodTable& table) {
  std::string out =
      "# JSON-RPC methods\n\n"
      "Generated from the method table; `rpc_tests \"[write-docs]\"` writes it anew. Behind the "
      "methods: "
      "[shapes](#shapes) of\nresults, and [events](#events).\n\n"
      "Send JSON-RPC 2.0 to `POST /rpc`, with positional or named parameters; trailing nullable "
      "ones may be left\nout. `rpc.discover` answers with the same as an OpenRPC document, with "
      "every schema. Besides the errors\nnamed with a method, any may answer -32602 (a parameter "
      "is wrong: the message names it) and -32603 (the\nmessage says what happened and what to "
      "do).\n\n";
  SchemaBook book;
  std::string sections;
  for (const Method& method : table.methods()) {
    const MethodInfo info = method.describe(book);
    out += fmt::format("- [{}](#{})\n", signature(method, info), method.name);
    sections += fmt::format("\n## {}\n\n{}\n\n", method.name, method.doc);
    if (!info.params.empty()) sections += "| parameter | type | meaning |\n|---|---|---|\n";
    for (const ParamInfo& param : info.params) {
      sections += fmt::format("| {} | {} | {} |\n", param.name, param.type, param.doc);
    }
    if (!info.params.empty()) sections += '\n';
    sections += fmt::format("Result: {}. Scope: {}.", info.result_type, name_of(method.row.scope));
    if (!method.row.errors.empty()) {
      sections += " Errors:";
      for (const base::Errc errc : method.row.errors) {
        sections += fmt::format("{} {} ({})", errc == method.row.errors.front() ? "" : ";",
                                base::name_of(errc), meaning_of(errc));
      }
      sections += '.';
    }
    sections += '\n';
  }
  return out + sections + shapes(book) + events();
}

}  // namespace rpc
