// JsonValue: a view of one parsed JSON value. It keeps nlohmann/json.hpp, which is slow to compile,
// out of every file that reads parameters. The tree it looks into must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace rpc {

class JsonValue {
 public:
  explicit JsonValue(const nlohmann::json& json) : json_(&json) {}

  bool is_null() const;
  bool is_object() const;
  bool is_array() const;
  // Nothing when the value is of another type; integers are never read from 1.0 or "1".
  std::optional<bool> as_bool() const;
  std::optional<std::uint64_t> as_unsigned() const;
  std::optional<std::int64_t> as_signed() const;
  std::optional<double> as_double() const;
  const std::string* as_string() const;
  std::string dump() const;  // as JSON on one line

  std::size_t size() const;                                      // of an array or object
  JsonValue at(std::size_t index) const;                         // of an array; index < size()
  std::optional<JsonValue> find(std::string_view member) const;  // of an object
  void for_each_member(
      const std::function<void(const std::string& name, JsonValue value)>& visit) const;

  // "a string", "an array", ...: for messages.
  std::string_view what() const;

 private:
  const nlohmann::json* json_;
};

}  // namespace rpc
