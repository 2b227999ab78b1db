#include "store/first_rows.h"

#include <fmt/format.h>

#include "store/schema.h"

namespace store {

std::string first_rows_sql() {
  return fmt::format(
      "INSERT INTO store_meta(name,value) VALUES('written_over',0),('format',{});"
      " PRAGMA application_id={};",
      kStoreFormat, kApplicationId);
}

}  // namespace store
