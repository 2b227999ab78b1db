#include "store/schema.h"

#include <fmt/format.h>

#include "store/first_rows.h"
#include "store/transaction.h"

namespace store {
namespace {

base::Result<std::int64_t> pragma(Connection& db, std::string_view name) {
  EDGE_TRY(const auto value, db.integer(fmt::format("PRAGMA {}", name)));
  return value.value_or(0);
}

}  // namespace

base::Result<> check_schema(Connection& db, std::span<const Migration> steps) {
  EDGE_TRY(const std::int64_t application, pragma(db, "application_id"));
  if (application != kApplicationId) {
    return base::fail(base::Errc::forbidden,
                      db.path() + " is not a store of privitty-edge; choose another folder");
  }
  EDGE_TRY(const auto format, db.integer("SELECT value FROM store_meta WHERE name='format'"));
  if (format.value_or(0) > kStoreFormat) {
    return base::fail(base::Errc::forbidden,
                      fmt::format("{} has format {}, this version knows {}; use the newer "
                                  "privitty-edged that wrote it",
                                  db.path(), format.value_or(0), kStoreFormat));
  }
  EDGE_TRY(const std::int64_t version, pragma(db, "user_version"));
  const std::int64_t known = steps.empty() ? 0 : steps.back().number;
  if (version > known) {
    return base::fail(base::Errc::forbidden,
                      fmt::format("{} has schema {}, this version knows {}; use the newer "
                                  "privitty-edged that wrote it",
                                  db.path(), version, known));
  }
  return {};
}

base::Result<> migrate(Connection& db, std::span<const Migration> steps) {
  int expected = 0;
  for (const Migration& step : steps) {
    if (step.number != ++expected) {
      return base::fail(base::Errc::internal,
                        fmt::format("migration {} stands at place {}", step.number, expected));
    }
    if (step.move_rows != nullptr) {
      return base::fail(base::Errc::internal,
                        fmt::format("migration {} moves rows, which needs a key", step.number));
    }
  }
  EDGE_CHECK(check_schema(db, steps));
  EDGE_TRY(const std::int64_t version, pragma(db, "user_version"));
  for (const Migration& step : steps.subspan(static_cast<std::size_t>(version))) {
    const auto run = [&]() -> base::Result<> {
      EDGE_TRY(Transaction transaction, Transaction::begin(db));
      EDGE_CHECK(db.script(step.sql));
      EDGE_CHECK(db.script(fmt::format("PRAGMA user_version={}", step.number)));
      return transaction.commit();
    };
    EDGE_CHECK(run().with_context(fmt::format("migration {} ({})", step.number, step.name)));
  }
  return {};
}

}  // namespace store
