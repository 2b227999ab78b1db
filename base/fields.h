// Fields: a struct lists its fields once, with name and doc, and everything that must know them
// (JSON in both directions, schemas, event lines, the event log) reads that list.
//
//   struct Point {
//     int x = 0;
//     int y = 0;
//     static constexpr auto fields() {
//       return std::tuple(base::field("x", &Point::x, "to the right"),
//                         base::field("y", &Point::y, "upward"));
//     }
//   };
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>

namespace base {

template <class Struct, class T>
struct Field {
  using type = T;
  std::string_view name;
  T Struct::*member;
  std::string_view doc;
};

template <class Struct, class T>
constexpr Field<Struct, T> field(std::string_view name, T Struct::*member, std::string_view doc) {
  return {name, member, doc};
}

// The fields of a base class, then further ones.
template <class... Inherited, class... Own>
constexpr auto with_fields(const std::tuple<Inherited...>& inherited, const Own&... own) {
  return std::tuple_cat(inherited, std::tuple(own...));
}

template <class T>
concept HasFields = requires {
  T::fields();
};

// Calls visit(field, value) for each field in the order listed.
template <HasFields S, class Visit>
constexpr void for_each_field(S& object, Visit&& visit) {
  std::apply([&](const auto&... f) { (visit(f, object.*(f.member)), ...); },
             std::remove_const_t<S>::fields());
}

// Calls visit(field) for each field, without an object.
template <HasFields S, class Visit>
constexpr void for_each_field_of(Visit&& visit) {
  std::apply([&](const auto&... f) { (visit(f), ...); }, S::fields());
}

}  // namespace base
