// Enums in the text of a statement, so that no number of a state is written by hand. A statement
// binds its states as parameters (store/connection.h); it has a literal where SQLite's planner must
// see the value, which a partial index needs (WHERE state = 10), and for sets of states.
//
//   static const std::string kSql =
//       "SELECT count(*) FROM message WHERE state = " + sql_literal(MsgState::in_fresh);
#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>

namespace store {

template <class Enum>
requires std::is_enum_v<Enum> std::string sql_literal(Enum value) {
  return std::to_string(static_cast<std::underlying_type_t<Enum>>(value));
}

// "(1, 2)", for IN.
template <class Enum>
requires std::is_enum_v<Enum> std::string sql_list(std::initializer_list<Enum> values) {
  std::string out;
  for (const Enum value : values) out += (out.empty() ? "(" : ", ") + sql_literal(value);
  return out + ")";
}

}  // namespace store
