#include "store/tables/steady_times.h"

namespace store {

base::Result<std::optional<SteadyTimeRow>> find_steady_time(Connection& db) {
  return db.one<SteadyTimeRow>(
      "SELECT steady, wall, doubtful_off, suspect, trusted FROM checked_steady_time"
      " WHERE one = 1 AND intact",
      [](const Row& row) {
        return SteadyTimeRow{row.integer(0), row.integer(1), row.integer(2), row.boolean(3),
                             row.integer(4)};
      });
}

base::Result<> write_steady_time(Connection& db, const SteadyTimeRow& row) {
  EDGE_CHECK(
      db.run("INSERT OR REPLACE INTO steady_time(one, steady, wall, doubtful_off, suspect, trusted)"
             " VALUES(1, ?, ?, ?, ?, ?)",
             row.steady, row.wall, row.doubtful_off, row.suspect, row.trusted));
  return {};
}

}  // namespace store
