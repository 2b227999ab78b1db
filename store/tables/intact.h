// How the tables handle rows that are not intact (store/row_macs.h): such a row is treated like one
// that does not open. Where a row is asked for by its number, the result is the error; lists leave
// the row out; sessions, notes of past actions and the like count as absent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/seal.h"
#include "store/connection.h"

namespace store {

inline std::string changed_record(std::string_view kind, std::int64_t number) {
  return "the record of " + std::string(kind) + " " + std::to_string(number) +
         " was changed by another program or is damaged";
}

// `column` is `intact` of a checked view.
inline base::Result<> check_intact(const Row& row, int column) {
  if (row.boolean(column)) return {};
  return crypto::could_not_open();
}
// The same for a row that a caller may have asked for by its number: the error names it.
inline base::Result<> check_intact(const Row& row, int column, std::string_view kind,
                                   std::int64_t number) {
  if (row.boolean(column)) return {};
  return crypto::could_not_open().with_context(changed_record(kind, number));
}

}  // namespace store
