// Converts SQLite's result codes to ours. Within store/ only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace store {

// `code` may be an extended one; `detail` is SQLite's own text, which names schema objects and
// never values; `system_error` is the errno that SQLite met, 0 when that is not known.
base::Error sql_error(int code, std::string_view detail, const std::string& path,
                      std::string_view sql, int system_error = 0);

// The first table that a statement names; "" when there is none.
std::string_view table_of(std::string_view sql);

}  // namespace store
