// Which C++ types have a JSON form, and what the parts are called:
//   bool, integers, double, std::string     themselves
//   base::Id<>                              an integer, 1 at least
//   an enum with EnumNames                  one of the listed names
//   std::optional<T>                        T or null
//   MaybeAbsent<T>                          as a member: T, or the member is not there
//   std::vector<T>, std::array<T, n>        an array
//   std::pair<A, B>                         an array of two
//   std::map<std::string or Id, T>          an object; ids become decimal strings
//   a struct with fields() (base/fields.h)  an object
//   a struct with Tagged value              an object distinguished by its member `kind`
//   Written<T>                              as T (writing only)
//   RawJson                                 JSON that is already text (writing only)
//   AnyJson                                 any JSON, as text on one line (reading only)
// A struct with kSchema is described once, under that name, and referred to everywhere else.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/ids.h"

namespace rpc {

struct RawJson {
  std::string text;
};

// A member that Delta Chat's shapes do not have: it is left out when it has no value.
template <class T>
struct MaybeAbsent {
  std::optional<T> value;
};

// A T whose text is made once (written(), json_write.h) and shown in many places. Without a text it
// is an empty T.
template <class T>
struct Written {
  std::shared_ptr<const std::string> text;
};

struct AnyJson {
  std::string text;      // a JSON string stands for what is in it
  bool is_text = false;  // it was one
};

// Specialise with `static constexpr std::string_view kSchema` and
// `static constexpr std::array kNames{std::pair{Enum::a, std::string_view("A")}, ...}`.
template <class E>
struct EnumNames;

template <class T>
concept ListedEnum = std::is_enum_v<T> && requires {
  EnumNames<T>::kNames;
};

template <ListedEnum E>
constexpr std::string_view name_of_enum(E value) {
  for (const auto& [item, name] : EnumNames<E>::kNames) {
    if (item == value) return name;
  }
  return EnumNames<E>::kNames.front().second;
}

namespace detail {
template <class T>
struct IdTrait : std::false_type {};
template <class Tag, class Rep>
struct IdTrait<base::Id<Tag, Rep>> : std::true_type {};
template <class T>
struct OptionalTrait : std::false_type {};
template <class T>
struct OptionalTrait<std::optional<T>> : std::true_type {};
template <class T>
struct AbsentTrait : std::false_type {};
template <class T>
struct AbsentTrait<MaybeAbsent<T>> : std::true_type {};
template <class T>
struct WrittenTrait : std::false_type {};
template <class T>
struct WrittenTrait<Written<T>> : std::true_type {
  using type = T;
};
template <class T>
struct MapTrait : std::false_type {};
template <class K, class T>
struct MapTrait<std::map<K, T>> : std::true_type {};
template <class T>
struct PairTrait : std::false_type {};
template <class A, class B>
struct PairTrait<std::pair<A, B>> : std::true_type {};
template <class T>
struct VectorTrait : std::false_type {};
template <class T>
struct VectorTrait<std::vector<T>> : std::true_type {};
template <class T>
struct ArrayTrait : std::false_type {};
template <class T, std::size_t n>
struct ArrayTrait<std::array<T, n>> : std::true_type {};
}  // namespace detail

template <class T>
concept IsId = detail::IdTrait<T>::value;
template <class T>
concept IsOptional = detail::OptionalTrait<T>::value;
template <class T>
concept IsMaybeAbsent = detail::AbsentTrait<T>::value;
template <class T>
concept IsWritten = detail::WrittenTrait<T>::value;
template <class T>
concept IsMap = detail::MapTrait<T>::value;
template <class T>
concept IsPair = detail::PairTrait<T>::value;
template <class T>
concept IsVector = detail::VectorTrait<T>::value;
template <class T>
concept IsArray = detail::ArrayTrait<T>::value;
template <class T>
concept IsList = IsVector<T> || IsArray<T>;

// One alternative of a Tagged struct.
template <class T>
concept HasKind = requires {
  { T::kKind } -> std::convertible_to<std::string_view>;
};
// A variant: `using Tagged = std::variant<...>; Tagged value;` each alternative with a kKind.
template <class T>
concept Tagged = requires(T object) {
  typename T::Tagged;
  object.value;
};
template <class T>
concept Named = requires {
  { T::kSchema } -> std::convertible_to<std::string_view>;
};
// Collects the members of an input object that the struct does not have: `std::vector<std::string>
// ignored`, filled by the reader, never written.
template <class T>
concept KeepsIgnored = requires(T object) {
  object.ignored;
};

}  // namespace rpc
