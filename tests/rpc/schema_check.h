// As much of JSON Schema as Delta Chat's component schemas use, with one rule more: a member that
// the schema knows must be there, null when empty.
#pragma once

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/source.h"

class SchemaCheck {
 public:
  // With `absent` a member may be missing that is not among the required ones.
  explicit SchemaCheck(nlohmann::json schemas, bool absent = false)
      : schemas_(std::move(schemas)), absent_(absent) {}
  static SchemaCheck reference() {
    std::ifstream in(test::source_path("tests/data/deltachat-schemas.json"));
    return SchemaCheck(nlohmann::json::parse(in).at("schemas"));
  }

  // "" when it holds, else where and why not.
  std::string fault(std::string_view schema, const nlohmann::json& value) const {
    return fault(schemas_.at(std::string(schema)), value, std::string(schema));
  }
  bool has(std::string_view schema) const { return schemas_.contains(std::string(schema)); }

  std::string fault(const nlohmann::json& schema, const nlohmann::json& value,
                    const std::string& at) const {
    if (schema.is_boolean()) return schema.get<bool>() ? "" : at + ": not allowed";
    if (schema.contains("$ref")) {
      const std::string ref = schema["$ref"];
      return fault(schemas_.at(ref.substr(ref.rfind('/') + 1)), value, at);
    }
    for (const char* any : {"anyOf", "oneOf"}) {
      if (!schema.contains(any)) continue;
      std::string faults;
      for (const auto& option : schema[any]) {
        const std::string one = fault(option, value, at);
        if (one.empty()) return "";
        if (right_kind(option, value)) faults = one;
        if (faults.empty()) faults = one;
      }
      return faults;
    }
    if (schema.contains("enum")) {
      for (const auto& item : schema["enum"]) {
        if (item == value) return "";
      }
      return at + ": " + value.dump() + " is not listed";
    }
    if (schema.contains("type") && !has_type(schema["type"], value)) {
      return at + ": " + value.dump().substr(0, 60) + " is no " + schema["type"].dump();
    }
    if (value.is_array()) return array_fault(schema, value, at);
    if (value.is_object()) return object_fault(schema, value, at);
    return "";
  }

 private:
  static bool right_kind(const nlohmann::json& option, const nlohmann::json& value) {
    if (!value.is_object() || !value.contains("kind")) return false;
    const auto pointer = nlohmann::json::json_pointer("/properties/kind/enum/0");
    return option.contains(pointer) && option[pointer] == value["kind"];
  }

  static bool has_type(const nlohmann::json& type, const nlohmann::json& value) {
    if (type.is_array()) {
      for (const auto& one : type) {
        if (has_type(one, value)) return true;
      }
      return false;
    }
    const std::string name = type;
    if (name == "null") return value.is_null();
    if (name == "boolean") return value.is_boolean();
    if (name == "integer") return value.is_number_integer();
    if (name == "number") return value.is_number();
    if (name == "string") return value.is_string();
    if (name == "array") return value.is_array();
    return name == "object" && value.is_object();
  }

  std::string array_fault(const nlohmann::json& schema, const nlohmann::json& value,
                          const std::string& at) const {
    if (!schema.contains("items")) return "";
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto& items = schema["items"];
      const std::string one = fault(items.is_array() ? items.at(i) : items, value[i],
                                    at + "[" + std::to_string(i) + "]");
      if (!one.empty()) return one;
    }
    return "";
  }

  std::string object_fault(const nlohmann::json& schema, const nlohmann::json& value,
                           const std::string& at) const {
    const nlohmann::json none = nlohmann::json::object();
    const auto& properties = schema.contains("properties") ? schema["properties"] : none;
    for (const auto& [name, property] : properties.items()) {
      if (!value.contains(name)) {
        if (absent_ && !is_required(schema, name)) continue;
        return at + "." + name + ": missing";
      }
      const std::string one = fault(property, value[name], at + "." + name);
      if (!one.empty()) return one;
    }
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) continue;
      if (!schema.contains("additionalProperties")) return at + "." + name + ": not in the schema";
      const std::string one = fault(schema["additionalProperties"], member, at + "." + name);
      if (!one.empty()) return one;
    }
    return "";
  }

  static bool is_required(const nlohmann::json& schema, const std::string& name) {
    const nlohmann::json required = schema.value("required", nlohmann::json::array());
    return std::find(required.begin(), required.end(), name) != required.end();
  }

  nlohmann::json schemas_;
  bool absent_;
};
