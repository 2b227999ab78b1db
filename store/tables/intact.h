// How the tables handle rows that are not intact (store/row_macs.h): such a row is treated like one
// that does not open. Where a row is asked for by its number, the result is the error; lists leave
// the row out; sessions, notes of past actions and the like count as absent.
#pragma once

#include "base/result.h"
#include "crypto/seal.h"
#include "store/connection.h"

namespace store {

// `column` is `intact` of a checked view.
inline base::Result<> check_intact(const Row& row, int column) {
  if (row.boolean(column)) return {};
  return crypto::could_not_open();
}

}  // namespace store
