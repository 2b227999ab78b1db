// Writing JSON straight into a string, without building a tree: structs by their list of fields,
// members in alphabetical order (the order in which clients of this API know them), every member
// always present, null when empty, but for MaybeAbsent ones. json_fields.h says which C++ type is
// which JSON.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rpc/json_types.h"

namespace rpc {

// Appends to a string. While it lives, the string has room behind what was written and belongs to
// it alone: most pieces of an answer are short, and cost a look at what room is left and a copy.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out), begin_(out.size()), size_(begin_) {}
  ~JsonWriter() { out_.resize(size_); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void add(char c) { *room(1) = c; }
  void add(std::string_view text) {
    if (!text.empty()) std::memcpy(room(text.size()), text.data(), text.size());
  }
  // Of a size that the compiler knows.
  template <std::size_t n>
  void add(const std::array<char, n>& text) {
    std::memcpy(room(n), text.data(), n);
  }

  // Quoted and escaped, the characters too that some readers take for a line's end. Bytes that are
  // not UTF-8 become U+FFFD: an answer is valid JSON whatever is stored.
  void string(std::string_view text);
  void integer(std::uint64_t value);
  void integer(std::int64_t value);
  void number(double value);

 private:
  // The place for so many bytes more, which the caller writes.
  char* room(std::size_t size) {
    if (out_.size() - size_ < size) grow(size);
    char* const at = out_.data() + size_;
    size_ += size;
    return at;
  }
  void grow(std::size_t size);

  std::string& out_;
  const std::size_t begin_;
  std::size_t size_;  // what is written; the rest of the string is room
};

template <class T>
void append_json(std::string& out, const T& value);
template <class T>
void write_json(JsonWriter& out, const T& value);
// The same as a whole string.
void append_json_string(std::string& out, std::string_view text);

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
void write_member_key(JsonWriter& out, bool& first) {
  constexpr const auto& key = kMemberKey<S, kIndex>;
  if (std::exchange(first, false)) {
    out.add(std::string_view(key.data() + 1, key.size() - 1));
  } else {
    out.add(key);
  }
}

template <class S, std::size_t kIndex>
void write_member(JsonWriter& out, const S& object, bool& first) {
  if constexpr (kIndex == std::tuple_size_v<decltype(S::fields())>) {
    write_member_key<S, kIndex>(out, first);
    out.string(S::kKind);
  } else {
    constexpr auto field = std::get<kIndex>(S::fields());
    const auto& member = object.*(field.member);
    if constexpr (IsMaybeAbsent<std::remove_cvref_t<decltype(member)>>) {
      if (!member.value) return;
      write_member_key<S, kIndex>(out, first);
      write_json(out, *member.value);
    } else {
      write_member_key<S, kIndex>(out, first);
      write_json(out, member);
    }
  }
}

template <class S, std::size_t... kPlaces>
void write_object(JsonWriter& out, const S& object, std::index_sequence<kPlaces...>) {
  out.add('{');
  bool first = true;
  (write_member<S, kFieldOrder<S>[kPlaces]>(out, object, first), ...);
  out.add('}');
}

template <class K>
void write_map_key(JsonWriter& out, const K& key) {
  if constexpr (IsId<K>) {
    out.add('"');
    out.integer(static_cast<std::uint64_t>(key.value));
    out.add('"');
  } else {
    out.string(key);
  }
}

template <class Items>
void write_array(JsonWriter& out, const Items& items) {
  out.add('[');
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) out.add(',');
    write_json(out, item);
  }
  out.add(']');
}

template <class Map>
void write_map(JsonWriter& out, const Map& map) {
  out.add('{');
  bool first = true;
  for (const auto& [key, item] : map) {
    if (!std::exchange(first, false)) out.add(',');
    write_map_key(out, key);
    out.add(':');
    write_json(out, item);
  }
  out.add('}');
}

}  // namespace detail

template <class T>
void write_json(JsonWriter& out, const T& value) {
  if constexpr (std::is_base_of_v<RawJson, T>) {
    out.add(value.text);
  } else if constexpr (IsWritten<T>) {
    if (value.text) {
      out.add(*value.text);
    } else {
      write_json(out, typename detail::WrittenTrait<T>::type());
    }
  } else if constexpr (std::is_same_v<T, bool>) {
    out.add(value ? "true" : "false");
  } else if constexpr (std::is_unsigned_v<T>) {
    out.integer(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    out.integer(static_cast<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    out.number(value);
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    out.string(value);
  } else if constexpr (IsId<T>) {
    out.integer(static_cast<std::uint64_t>(value.value));
  } else if constexpr (ListedEnum<T>) {
    out.string(name_of_enum(value));
  } else if constexpr (IsOptional<T>) {
    if (value) {
      write_json(out, *value);
    } else {
      out.add("null");
    }
  } else if constexpr (IsMap<T>) {
    detail::write_map(out, value);
  } else if constexpr (IsPair<T>) {
    out.add('[');
    write_json(out, value.first);
    out.add(',');
    write_json(out, value.second);
    out.add(']');
  } else if constexpr (IsList<T>) {
    detail::write_array(out, value);
  } else if constexpr (Tagged<T>) {
    std::visit([&](const auto& kind) { write_json(out, kind); }, value.value);
  } else {
    static_assert(base::HasFields<T>, "no JSON form is known for this type");
    detail::write_object(out, value, std::make_index_sequence<detail::kFieldOrder<T>.size()>());
  }
}

template <class T>
void append_json(std::string& out, const T& value) {
  JsonWriter writer(out);
  write_json(writer, value);
}

template <class T>
std::string to_json(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

template <class T>
Written<T> written(const T& value) {
  return {std::make_shared<const std::string>(to_json(value))};
}

}  // namespace rpc
