// Reading parameters strictly: what is missing or mistyped is refused by name, with what was
// expected: `chat_id: expected an integer from 1 to 4294967295, got a string`. Members that an
// object does not have are ignored, as other implementations of this API do; parameters that a
// method does not have are refused (read_params).
#pragma once

#include <fmt/format.h>

#include <limits>

#include "base/result.h"
#include "rpc/json_types.h"
#include "rpc/json_value.h"

namespace rpc {

// The longest list in a request: each id may cost an answer a thousand times its size.
inline constexpr std::size_t kMaxListItems = 100'000;

namespace detail {

// Errors carry the path to the value before a colon, built from the inside out.
base::Error unexpected(std::string_view expected, JsonValue got);
base::Error missing(std::string_view expected);
base::Error below(std::string_view step, base::Error error);
base::Error below_item(std::size_t index, base::Error error);
std::string quoted_list(const std::string_view* names, std::size_t count);
void keep_ignored(std::vector<std::string>& ignored, const std::string& name);

template <class T>
constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

template <class... Kinds>
std::string kind_list(std::type_identity<std::variant<Kinds...>>) {
  const std::string_view names[] = {Kinds::kKind...};
  return quoted_list(names, sizeof...(Kinds));
}
template <class T>
std::string expected_kinds() {
  return kind_list(std::type_identity<typename T::Tagged>());
}

}  // namespace detail

// "an integer from 1 to 4294967295": what the type looks like, for messages.
template <class T>
std::string expected() {
  if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (IsId<T>) {
    return fmt::format("an integer from 1 to {}", std::numeric_limits<typename T::rep>::max());
  } else if constexpr (detail::kIsInteger<T>) {
    return fmt::format("an integer from {} to {}", std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max());
  } else if constexpr (std::is_floating_point_v<T>) {
    return "a number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "a string";
  } else if constexpr (std::is_same_v<T, AnyJson>) {
    return "any JSON";
  } else if constexpr (ListedEnum<T>) {
    std::vector<std::string_view> names;
    for (const auto& [value, name] : EnumNames<T>::kNames) names.push_back(name);
    return "one of " + detail::quoted_list(names.data(), names.size());
  } else if constexpr (IsOptional<T>) {
    return expected<typename T::value_type>() + " or null";
  } else if constexpr (IsVector<T>) {
    return "an array";
  } else if constexpr (IsArray<T>) {
    return fmt::format("an array of {} items", std::tuple_size_v<T>);
  } else if constexpr (Tagged<T>) {
    return "an object whose kind is one of " + detail::expected_kinds<T>();
  } else {
    return "an object";
  }
}

template <class T>
base::Result<T> read_json(JsonValue json);

namespace detail {

template <class T>
base::Result<T> read_object(JsonValue json) {
  if (!json.is_object()) return unexpected(expected<T>(), json);
  T object{};
  std::optional<base::Error> error;
  base::for_each_field(object, [&](const auto& field, auto& member) {
    if (error) return;
    using Member = std::remove_cvref_t<decltype(member)>;
    const auto value = json.find(field.name);
    if (!value) {
      if constexpr (!IsOptional<Member>) error = below(field.name, missing(expected<Member>()));
      return;
    }
    auto read = read_json<Member>(*value);
    if (read) {
      member = std::move(*read);
    } else {
      error = below(field.name, std::move(read).error());
    }
  });
  if (error) return std::move(*error);
  if constexpr (KeepsIgnored<T>) {
    json.for_each_member([&](const std::string& name, JsonValue) {
      bool known = false;
      base::for_each_field_of<T>([&](const auto& field) { known |= field.name == name; });
      if (!known) keep_ignored(object.ignored, name);
    });
  }
  return object;
}

template <class T, class... Kinds>
base::Result<T> read_tagged(JsonValue json, std::type_identity<std::variant<Kinds...>>) {
  const auto kind = json.is_object() ? json.find("kind") : std::nullopt;
  const std::string* name = kind ? kind->as_string() : nullptr;
  if (name == nullptr) return unexpected(expected<T>(), json);
  std::optional<base::Result<T>> result;
  const auto attempt = [&]<class Kind>(std::type_identity<Kind>) {
    if (result || Kind::kKind != *name) return;
    auto read = read_object<Kind>(json);
    result = read ? base::Result<T>(T{std::move(*read)}) : std::move(read).error();
  };
  (attempt(std::type_identity<Kinds>()), ...);
  if (!result) return below("kind", unexpected("one of " + expected_kinds<T>(), *kind));
  return std::move(*result);
}

template <class T>
base::Result<T> read_map(JsonValue json) {
  static_assert(std::is_same_v<typename T::key_type, std::string>);
  if (!json.is_object()) return unexpected("an object", json);
  T map;
  std::optional<base::Error> error;
  json.for_each_member([&](const std::string& name, JsonValue value) {
    if (error) return;
    auto read = read_json<typename T::mapped_type>(value);
    if (read) {
      map.emplace(name, std::move(*read));
    } else {
      error = below(name.substr(0, 64), std::move(read).error());
    }
  });
  if (error) return std::move(*error);
  return map;
}

template <class T>
base::Result<T> read_list(JsonValue json) {
  if (!json.is_array()) return unexpected(expected<T>(), json);
  T list{};
  if constexpr (IsArray<T>) {
    if (json.size() != list.size()) return unexpected(expected<T>(), json);
  } else {
    if (json.size() > kMaxListItems) {
      return base::fail(base::Errc::invalid_argument,
                        fmt::format(": expected at most {} items", kMaxListItems));
    }
    list.resize(json.size());
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto read = read_json<typename T::value_type>(json.at(i));
    if (!read) return below_item(i, std::move(read).error());
    list[i] = std::move(*read);
  }
  return list;
}

}  // namespace detail

template <class T>
base::Result<T> read_json(JsonValue json) {
  if constexpr (std::is_same_v<T, bool>) {
    if (const auto value = json.as_bool()) return *value;
  } else if constexpr (IsId<T>) {
    const auto value = json.as_unsigned();
    if (value && *value > 0 && *value <= std::numeric_limits<typename T::rep>::max()) {
      return T(static_cast<typename T::rep>(*value));
    }
  } else if constexpr (detail::kIsInteger<T> && std::is_unsigned_v<T>) {
    const auto value = json.as_unsigned();
    if (value && *value <= std::numeric_limits<T>::max()) return static_cast<T>(*value);
  } else if constexpr (detail::kIsInteger<T>) {
    const auto value = json.as_signed();
    if (value && *value >= std::numeric_limits<T>::min() &&
        *value <= std::numeric_limits<T>::max()) {
      return static_cast<T>(*value);
    }
  } else if constexpr (std::is_floating_point_v<T>) {
    if (const auto value = json.as_double()) return *value;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (const auto* value = json.as_string()) return *value;
  } else if constexpr (std::is_same_v<T, AnyJson>) {
    if (const auto* value = json.as_string()) return AnyJson{*value, true};
    return AnyJson{json.dump(), false};
  } else if constexpr (ListedEnum<T>) {
    if (const auto* text = json.as_string()) {
      for (const auto& [value, name] : EnumNames<T>::kNames) {
        if (name == *text) return value;
      }
    }
  } else if constexpr (IsOptional<T>) {
    if (json.is_null()) return T{};
    auto value = read_json<typename T::value_type>(json);
    if (value) return T{std::move(*value)};
    auto error = std::move(value).error();
    // The error names the members that exist, for a caller that misspelt one.
    const bool misspelt = ListedEnum<typename T::value_type> && json.as_string() != nullptr;
    if (!misspelt && error.message.starts_with(": expected "))
      return detail::unexpected(expected<T>(), json);
    return error;
  } else if constexpr (IsMap<T>) {
    return detail::read_map<T>(json);
  } else if constexpr (IsList<T>) {
    return detail::read_list<T>(json);
  } else if constexpr (Tagged<T>) {
    return detail::read_tagged<T>(json, std::type_identity<typename T::Tagged>());
  } else {
    static_assert(base::HasFields<T>, "this type cannot be read from JSON");
    return detail::read_object<T>(json);
  }
  return detail::unexpected(expected<T>(), json);
}

}  // namespace rpc
