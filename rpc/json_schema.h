// JSON Schema, and a short name for people, from the same lists of fields that reading and writing
// use. Named structs and enums are written once into the SchemaBook and referred to.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <map>

#include "rpc/json_types.h"
#include "rpc/json_write.h"

namespace rpc {

using SchemaBook = std::map<std::string, std::string, std::less<>>;  // name to JSON text

template <class T>
std::string schema_of(SchemaBook& book);
template <class T>
std::string type_name();

namespace detail {

template <class T>
constexpr std::string_view schema_name() {
  if constexpr (ListedEnum<T>) {
    return EnumNames<T>::kSchema;
  } else if constexpr (Named<T>) {
    return T::kSchema;
  } else {
    return {};
  }
}

template <class T>
std::string object_schema(SchemaBook& book) {
  std::string properties;
  std::string required;
  const auto add = [&](std::string_view name, const std::string& schema, bool always = true) {
    append_key(properties, name, properties.empty());
    properties += schema;
    if (!always) return;
    if (!required.empty()) required += ',';
    append_json_string(required, name);
  };
  base::for_each_field_of<T>([&](const auto& field) {
    using Member = typename std::remove_cvref_t<decltype(field)>::type;
    std::string schema = schema_of<Member>(book);
    // A description beside $ref is ignored by older readers and welcome to newer ones.
    if (!field.doc.empty()) {
      schema.pop_back();
      schema += ",\"description\":";
      append_json_string(schema, field.doc);
      schema += '}';
    }
    add(field.name, schema, !IsMaybeAbsent<Member> && !IsOptional<Member>);
  });
  if constexpr (HasKind<T>)
    add("kind", fmt::format(R"({{"type":"string","enum":["{}"]}})", T::kKind));
  return fmt::format(R"({{"type":"object","properties":{{{}}},"required":[{}]}})", properties,
                     required);
}

template <class... Kinds>
std::string tagged_schema(SchemaBook& book, std::type_identity<std::variant<Kinds...>>) {
  std::string list;
  ((list += (list.empty() ? "" : ",") + object_schema<Kinds>(book)), ...);
  return fmt::format(R"({{"oneOf":[{}]}})", list);
}

template <class T>
std::string plain_schema(SchemaBook& book) {
  if constexpr (IsWritten<T>) {
    return schema_of<typename WrittenTrait<T>::type>(book);
  } else if constexpr (std::is_void_v<T>) {
    return R"({"type":"null"})";
  } else if constexpr (std::is_base_of_v<RawJson, T>) {
    if constexpr (requires { T::json_schema(book); }) {
      return T::json_schema(book);
    } else if constexpr (requires { T::kJsonSchema; }) {
      return std::string(T::kJsonSchema);
    } else {
      return R"({"type":"object"})";
    }
  } else if constexpr (std::is_same_v<T, AnyJson>) {
    return R"({"type":["object","array","string","number","boolean","null"]})";
  } else if constexpr (std::is_same_v<T, bool>) {
    return R"({"type":"boolean"})";
  } else if constexpr (IsId<T>) {
    return fmt::format(R"({{"type":"integer","minimum":1,"maximum":{}}})",
                       std::numeric_limits<typename T::rep>::max());
  } else if constexpr (std::is_integral_v<T>) {
    return fmt::format(R"({{"type":"integer","minimum":{},"maximum":{}}})",
                       std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  } else if constexpr (std::is_floating_point_v<T>) {
    return R"({"type":"number"})";
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    return R"({"type":"string"})";
  } else if constexpr (ListedEnum<T>) {
    std::string names;
    for (const auto& [value, name] : EnumNames<T>::kNames) {
      if (!names.empty()) names += ',';
      append_json_string(names, name);
    }
    return fmt::format(R"({{"type":"string","enum":[{}]}})", names);
  } else if constexpr (IsMaybeAbsent<T>) {
    return schema_of<typename decltype(T::value)::value_type>(book);
  } else if constexpr (IsOptional<T>) {
    return fmt::format(R"({{"anyOf":[{},{{"type":"null"}}]}})",
                       schema_of<typename T::value_type>(book));
  } else if constexpr (IsMap<T>) {
    return fmt::format(R"({{"type":"object","additionalProperties":{}}})",
                       schema_of<typename T::mapped_type>(book));
  } else if constexpr (IsPair<T>) {
    return fmt::format(R"({{"type":"array","items":[{},{}],"minItems":2,"maxItems":2}})",
                       schema_of<typename T::first_type>(book),
                       schema_of<typename T::second_type>(book));
  } else if constexpr (IsArray<T>) {
    return fmt::format(R"({{"type":"array","items":{},"minItems":{},"maxItems":{}}})",
                       schema_of<typename T::value_type>(book), std::tuple_size_v<T>,
                       std::tuple_size_v<T>);
  } else if constexpr (IsVector<T>) {
    return fmt::format(R"({{"type":"array","items":{}}})", schema_of<typename T::value_type>(book));
  } else if constexpr (Tagged<T>) {
    return tagged_schema(book, std::type_identity<typename T::Tagged>());
  } else {
    return object_schema<T>(book);
  }
}

}  // namespace detail

template <class T>
std::string schema_of(SchemaBook& book) {
  constexpr std::string_view name = detail::schema_name<T>();
  if constexpr (name.empty()) {
    return detail::plain_schema<T>(book);
  } else {
    if (book.try_emplace(std::string(name)).second) {
      std::string schema = detail::plain_schema<T>(book);
      book[std::string(name)] = std::move(schema);
    }
    return fmt::format(R"({{"$ref":"#/components/schemas/{}"}})", name);
  }
}

// "Message", "string or null", "list of integer": for docs/api.md.
template <class T>
std::string type_name() {
  if constexpr (std::is_void_v<T>) {
    return "null";
  } else if constexpr (IsWritten<T>) {
    return type_name<typename detail::WrittenTrait<T>::type>();
  } else if constexpr (!detail::schema_name<T>().empty()) {
    return std::string(detail::schema_name<T>());
  } else if constexpr (std::is_same_v<T, AnyJson>) {
    return "any";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (IsId<T> || std::is_integral_v<T>) {
    return "integer";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "number";
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    return "string";
  } else if constexpr (IsMaybeAbsent<T>) {
    return type_name<typename decltype(T::value)::value_type>() + " or absent";
  } else if constexpr (IsOptional<T>) {
    return type_name<typename T::value_type>() + " or null";
  } else if constexpr (IsMap<T>) {
    return fmt::format("map of {}", type_name<typename T::mapped_type>());
  } else if constexpr (IsPair<T>) {
    return fmt::format("[{}, {}]", type_name<typename T::first_type>(),
                       type_name<typename T::second_type>());
  } else if constexpr (IsList<T>) {
    return fmt::format("list of {}", type_name<typename T::value_type>());
  } else {
    return "object";
  }
}

}  // namespace rpc
