// Whether a caller's Access covers a call: the method's scope, the accounts that its parameters
// name, and the needs of the parameters' struct. One check for every row of the method table.
//
// A parameter struct that needs more than a scope declares:
//   std::optional<std::string> lacking(const Access&) const;  // "the scope publish:alarms"
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>

#include "base/ids.h"
#include "rpc/access.h"
#include "rpc/error.h"
#include "rpc/json_read.h"
#include "rpc/json_types.h"

namespace rpc {

struct Method;

// The refusal (-32003), or nothing when the call may run.
std::optional<RpcError> refusal_of(const Method& method, const Access& access,
                                   const nlohmann::json& params);

// True when a value of this type is or holds an AccountId.
template <class T>
constexpr bool holds_account() {
  if constexpr (std::is_same_v<T, base::AccountId>) {
    return true;
  } else if constexpr (IsOptional<T> || IsList<T>) {
    return holds_account<typename T::value_type>();
  } else if constexpr (IsPair<T>) {
    return holds_account<typename T::first_type>() || holds_account<typename T::second_type>();
  } else if constexpr (IsMap<T>) {
    return holds_account<typename T::key_type>() || holds_account<typename T::mapped_type>();
  } else if constexpr (base::HasFields<T>) {
    bool any = false;
    base::for_each_field_of<T>([&](const auto& field) {
      any = any || holds_account<typename std::remove_cvref_t<decltype(field)>::type>();
    });
    return any;
  } else {
    return false;
  }
}

// Calls visit(AccountId) for each account that the value names.
template <class T, class Visit>
void for_each_account(const T& value, Visit&& visit) {
  if constexpr (std::is_same_v<T, base::AccountId>) {
    visit(value);
  } else if constexpr (!holds_account<T>()) {
    return;
  } else if constexpr (IsOptional<T>) {
    if (value) for_each_account(*value, visit);
  } else if constexpr (IsList<T>) {
    for (const auto& item : value) for_each_account(item, visit);
  } else if constexpr (IsPair<T>) {
    for_each_account(value.first, visit);
    for_each_account(value.second, visit);
  } else if constexpr (IsMap<T>) {
    for (const auto& [key, item] : value) {
      for_each_account(key, visit);
      for_each_account(item, visit);
    }
  } else {
    base::for_each_field(value,
                         [&](const auto&, const auto& member) { for_each_account(member, visit); });
  }
}

template <class P>
concept AsksForMore = requires(const P& params, const Access& access) {
  { params.lacking(access) } -> std::same_as<std::optional<std::string>>;
};

// "account 2", the first one that the key may not touch.
std::string lacking_account(base::AccountId account);

// Reads the parameters as they were sent, by name or position, each alone: a call is refused for a
// missing permission even when its other parameters are wrong.
template <class P>
std::optional<std::string> lacking_for(const Access& access, JsonValue params) {
  if (!AsksForMore<P> && access.all_accounts()) return std::nullopt;
  std::optional<std::string> lacks;
  P read{};
  bool complete = true;
  std::size_t index = 0;
  base::for_each_field(read, [&](const auto& field, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    const std::size_t place = index++;
    if constexpr (holds_account<Member>() || AsksForMore<P>) {
      std::optional<JsonValue> value;
      if (params.is_array() && place < params.size()) value = params.at(place);
      if (params.is_object()) value = params.find(field.name);
      if (!value) return;
      auto result = read_json<Member>(*value);
      if (!result) {
        complete = false;
        return;
      }
      member = std::move(*result);
      for_each_account(member, [&](base::AccountId account) {
        if (!lacks && !access.may_see(account)) lacks = lacking_account(account);
      });
    }
  });
  if constexpr (AsksForMore<P>) {
    // Parameters that cannot be read never reach the handler.
    if (!lacks && complete) lacks = read.lacking(access);
  }
  return lacks;
}

}  // namespace rpc
