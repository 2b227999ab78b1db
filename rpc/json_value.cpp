#include "rpc/json_value.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace rpc {

using nlohmann::json;

bool JsonValue::is_null() const { return json_->is_null(); }
bool JsonValue::is_object() const { return json_->is_object(); }
bool JsonValue::is_array() const { return json_->is_array(); }

std::optional<bool> JsonValue::as_bool() const {
  if (const auto* value = json_->get_ptr<const json::boolean_t*>()) return *value;
  return std::nullopt;
}

std::optional<std::uint64_t> JsonValue::as_unsigned() const {
  if (json_->is_number_unsigned()) return *json_->get_ptr<const json::number_unsigned_t*>();
  if (json_->is_number_integer()) {
    const auto value = *json_->get_ptr<const json::number_integer_t*>();
    if (value >= 0) return static_cast<std::uint64_t>(value);
  }
  return std::nullopt;
}

std::optional<std::int64_t> JsonValue::as_signed() const {
  if (json_->is_number_unsigned()) {
    const auto value = *json_->get_ptr<const json::number_unsigned_t*>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
  }
  if (json_->is_number_integer()) return *json_->get_ptr<const json::number_integer_t*>();
  return std::nullopt;
}

std::optional<double> JsonValue::as_double() const {
  if (!json_->is_number()) return std::nullopt;
  return json_->get<double>();
}

const std::string* JsonValue::as_string() const { return json_->get_ptr<const json::string_t*>(); }

std::string JsonValue::dump() const {
  return json_->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::size_t JsonValue::size() const { return json_->size(); }

JsonValue JsonValue::at(std::size_t index) const { return JsonValue((*json_)[index]); }

std::optional<JsonValue> JsonValue::find(std::string_view member) const {
  const auto found = json_->find(member);
  if (found == json_->end()) return std::nullopt;
  return JsonValue(*found);
}

void JsonValue::for_each_member(
    const std::function<void(const std::string&, JsonValue)>& visit) const {
  for (const auto& [name, value] : json_->items()) visit(name, JsonValue(value));
}

std::string_view JsonValue::what() const {
  switch (json_->type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::boolean:
      return "a boolean";
    case json::value_t::string:
      return "a string";
    case json::value_t::array:
      return "an array";
    case json::value_t::object:
      return "an object";
    case json::value_t::number_float:
      return "a number";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return "an integer";
    default:
      return "something else";
  }
}

}  // namespace rpc
