// Writing JSON straight into a string, without building a tree: structs by their list of fields,
// members in alphabetical order (the order in which clients of this API know them), every member
// always present, null when empty, but for MaybeAbsent ones. json_fields.h says which C++ type is
// which JSON.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "rpc/json_types.h"

namespace rpc {

// Quoted and escaped, the characters too that some readers take for a line's end. Bytes that are
// not UTF-8 become U+FFFD: an answer is valid JSON whatever is stored.
void append_json_string(std::string& out, std::string_view text);
void append_json_integer(std::string& out, std::uint64_t value);
void append_json_integer(std::string& out, std::int64_t value);
void append_json_double(std::string& out, double value);

template <class T>
void append_json(std::string& out, const T& value);

namespace detail {

// The alphabetical order of a struct's fields; the index after the last stands for `kind`.
template <class S>
constexpr auto field_order() {
  constexpr std::size_t fields = std::tuple_size_v<decltype(S::fields())>;
  constexpr std::size_t count = fields + (HasKind<S> ? 1 : 0);
  std::array<std::string_view, count> names{};
  std::array<std::size_t, count> order{};
  std::size_t next = 0;
  base::for_each_field_of<S>([&](const auto& f) { names[next++] = f.name; });
  if constexpr (HasKind<S>) names[next] = "kind";
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  return order;
}
template <class S>
inline constexpr auto kFieldOrder = field_order<S>();

inline void append_key(std::string& out, std::string_view name, bool first) {
  out += first ? "\"" : ",\"";
  out += name;
  out += "\":";
}

// The name of a member; the index after the last stands for `kind`.
template <class S, std::size_t kIndex>
constexpr std::string_view member_name() {
  if constexpr (kIndex == std::tuple_size_v<decltype(S::fields())>) {
    return "kind";
  } else {
    return std::get<kIndex>(S::fields()).name;
  }
}

// Its key as it is written, `,"name":`, made by the compiler: an answer has thousands of keys.
template <class S, std::size_t kIndex>
constexpr auto member_key() {
  constexpr std::string_view name = member_name<S, kIndex>();
  std::array<char, name.size() + 4> key{',', '"'};
  std::copy(name.begin(), name.end(), key.begin() + 2);
  key[name.size() + 2] = '"';
  key[name.size() + 3] = ':';
  return key;
}
template <class S, std::size_t kIndex>
inline constexpr auto kMemberKey = member_key<S, kIndex>();

template <class S, std::size_t kIndex>
void append_member_key(std::string& out, bool first) {
  constexpr const auto& key = kMemberKey<S, kIndex>;
  out.append(key.data() + (first ? 1 : 0), key.size() - (first ? 1 : 0));
}

template <class S, std::size_t kIndex>
void append_member(std::string& out, const S& object, bool first) {
  if constexpr (kIndex == std::tuple_size_v<decltype(S::fields())>) {
    append_member_key<S, kIndex>(out, first);
    append_json_string(out, S::kKind);
  } else {
    constexpr auto field = std::get<kIndex>(S::fields());
    const auto& member = object.*(field.member);
    if constexpr (IsMaybeAbsent<std::remove_cvref_t<decltype(member)>>) {
      if (!member.value) return;
      append_member_key<S, kIndex>(out, first);
      append_json(out, *member.value);
    } else {
      append_member_key<S, kIndex>(out, first);
      append_json(out, member);
    }
  }
}

template <class S, std::size_t... kPlaces>
void append_object(std::string& out, const S& object, std::index_sequence<kPlaces...>) {
  out += '{';
  // The first one that is there: no value ends with a brace that opens.
  (append_member<S, kFieldOrder<S>[kPlaces]>(out, object, out.back() == '{'), ...);
  out += '}';
}

template <class K>
void append_map_key(std::string& out, const K& key) {
  if constexpr (IsId<K>) {
    out += '"';
    append_json_integer(out, static_cast<std::uint64_t>(key.value));
    out += '"';
  } else {
    append_json_string(out, key);
  }
}

template <class Items>
void append_array(std::string& out, const Items& items) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) out += ',';
    append_json(out, item);
  }
  out += ']';
}

}  // namespace detail

template <class T>
void append_json(std::string& out, const T& value) {
  if constexpr (std::is_base_of_v<RawJson, T>) {
    out += value.text;
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_unsigned_v<T>) {
    append_json_integer(out, static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    append_json_integer(out, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    append_json_double(out, value);
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    append_json_string(out, value);
  } else if constexpr (IsId<T>) {
    append_json_integer(out, static_cast<std::uint64_t>(value.value));
  } else if constexpr (ListedEnum<T>) {
    append_json_string(out, name_of_enum(value));
  } else if constexpr (IsOptional<T>) {
    if (value) {
      append_json(out, *value);
    } else {
      out += "null";
    }
  } else if constexpr (IsMap<T>) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value) {
      if (!std::exchange(first, false)) out += ',';
      detail::append_map_key(out, key);
      out += ':';
      append_json(out, item);
    }
    out += '}';
  } else if constexpr (IsPair<T>) {
    out += '[';
    append_json(out, value.first);
    out += ',';
    append_json(out, value.second);
    out += ']';
  } else if constexpr (IsList<T>) {
    detail::append_array(out, value);
  } else if constexpr (Tagged<T>) {
    std::visit([&](const auto& kind) { append_json(out, kind); }, value.value);
  } else {
    static_assert(base::HasFields<T>, "no JSON form is known for this type");
    detail::append_object(out, value, std::make_index_sequence<detail::kFieldOrder<T>.size()>());
  }
}

template <class T>
std::string to_json(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace rpc
