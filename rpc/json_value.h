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
  // `text`: the parsed text, if it is at hand: AnyJson is then read as it was written.
  explicit JsonValue(const nlohmann::json& json, std::string_view text = {})
      : json_(&json), text_(text) {}

  bool is_null() const;
  bool is_object() const;
  bool is_array() const;
  // Nothing when the value is of another type. 1.0 and 1e3 are integers, as JSON has but one type
  // of number, as far as a double is exact (2^53); "1" is none.
  std::optional<bool> as_bool() const;
  std::optional<std::uint64_t> as_unsigned() const;
  std::optional<std::int64_t> as_signed() const;
  std::optional<double> as_double() const;
  const std::string* as_string() const;
  std::string dump() const;  // as JSON on one line: as it was written, where its text is at hand

  std::size_t size() const;                                      // of an array or object
  JsonValue at(std::size_t index) const;                         // of an array; index < size()
  std::optional<JsonValue> find(std::string_view member) const;  // of an object
  void for_each_member(
      const std::function<void(const std::string& name, JsonValue value)>& visit) const;

  // "a string", "an array", ...: for messages.
  std::string_view what() const;

 private:
  const nlohmann::json* json_;
  std::string_view text_;
};

}  // namespace rpc
