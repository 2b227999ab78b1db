// What the tables do about rows that are not intact (store/row_macs.h): such a row costs itself, as
// one that does not open does. Where a row is asked for by its number, the error is the answer;
// lists leave the row out; sessions, notes of what was done and the like are as if they were not
// there.
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
