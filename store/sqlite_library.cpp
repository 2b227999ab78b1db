#include "store/sqlite_library.h"

#include <sqlite3.h>

namespace store {

void set_up_sqlite() {
  // Refused where somebody has used SQLite before, as tests may; it only counts memory then.
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(done);
}

}  // namespace store
