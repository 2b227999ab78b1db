#include "rpc/json_value.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "rpc/json_text.h"

namespace rpc {

using nlohmann::json;

bool JsonValue::is_null() const { return json_->is_null(); }
bool JsonValue::is_object() const { return json_->is_object(); }
bool JsonValue::is_array() const { return json_->is_array(); }

std::optional<bool> JsonValue::as_bool() const {
  if (const auto* value = json_->get_ptr<const json::boolean_t*>()) return *value;
  return std::nullopt;
}

namespace {

// Larger whole numbers may be rounded.
constexpr double kExact = 9007199254740992.0;

std::optional<std::int64_t> whole(const json& value) {
  const auto* number = value.get_ptr<const json::number_float_t*>();
  if (number == nullptr || std::trunc(*number) != *number) return std::nullopt;
  if (*number < -kExact || *number > kExact) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace

std::optional<std::uint64_t> JsonValue::as_unsigned() const {
  if (json_->is_number_unsigned()) return *json_->get_ptr<const json::number_unsigned_t*>();
  if (json_->is_number_integer()) {
    const auto value = *json_->get_ptr<const json::number_integer_t*>();
    if (value >= 0) return static_cast<std::uint64_t>(value);
  }
  const auto value = whole(*json_);
  if (value && *value >= 0) return static_cast<std::uint64_t>(*value);
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
  return whole(*json_);
}

std::optional<double> JsonValue::as_double() const {
  if (!json_->is_number()) return std::nullopt;
  return json_->get<double>();
}

const std::string* JsonValue::as_string() const { return json_->get_ptr<const json::string_t*>(); }

std::string JsonValue::dump() const {
  if (!text_.empty()) return on_one_line(text_);
  return json_->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::size_t JsonValue::size() const { return json_->size(); }

JsonValue JsonValue::at(std::size_t index) const {
  const auto items = text_.empty() ? std::vector<std::string_view>() : json_items(text_);
  return JsonValue((*json_)[index], index < items.size() ? items[index] : std::string_view());
}

std::optional<JsonValue> JsonValue::find(std::string_view member) const {
  const auto found = json_->find(member);
  if (found == json_->end()) return std::nullopt;
  // Texts are taken from the tree: finding their spelling would read the whole object.
  const bool by_text = !text_.empty() && !found->is_string();
  return JsonValue(*found, by_text ? json_member(text_, member).value_or("") : std::string_view());
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
