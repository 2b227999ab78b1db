// What all steps of the schema make together, as new stores are made of it.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "store/row_layout.h"
#include "store/schema/migrations.h"
#include "tests/store/world.h"
#include "tests/support/source.h"

using namespace store;
using test::must;

namespace {

const std::string kPath = "store/schema/whole.sql.h";

// The steps, without what the last one says of all.
std::vector<Migration> steps_alone() {
  const auto all = migrations();
  std::vector<Migration> steps(all.begin(), all.end());
  steps.back().whole = {};
  return steps;
}

}  // namespace

TEST_CASE("the last step says what all make; store_tests \"[write-schema]\" writes it anew") {
  INFO(kPath);
  REQUIRE_FALSE(migrations().back().whole.empty());
  const SchemaLayout whole = must(layout_of(migrations()));
  const SchemaLayout made = must(layout_of(steps_alone()));
  CHECK(whole.items == made.items);
  REQUIRE(whole.tables.size() == made.tables.size());
  for (std::size_t i = 0; i < made.tables.size(); ++i) {
    INFO(made.tables[i].table);
    CHECK(whole.tables[i].table == made.tables[i].table);
    CHECK(whole.tables[i].owner == made.tables[i].owner);
    CHECK(whole.tables[i].key == made.tables[i].key);
    CHECK(whole.tables[i].columns == made.tables[i].columns);
  }
}

TEST_CASE("a new store made at once is the one that the steps make") {
  const auto made_by = [](std::span<const Migration> steps) {
    test::World world;
    auto options = world.options();
    options.migrations = steps;
    world.open(options);
    Reader reader = must(world.store->read());
    return std::tuple(must(schema_items(*reader)), must(reader->integer("PRAGMA user_version")),
                      must(reader->integer("PRAGMA application_id")),
                      must(reader->integer("SELECT count(*) FROM store_meta")));
  };
  const auto steps = steps_alone();
  CHECK(made_by(migrations()) == made_by(steps));
}

TEST_CASE("a new store has nothing that its first opening would have to mend") {
  test::World world;
  auto options = world.options();
  options.migrations = migrations();
  // What is mended is logged.
  const test::TempDir beside;  // no folder that holds something else is made a store
  const std::string said = beside / "said";
  const int saved = ::dup(STDERR_FILENO);
  const int file = ::open(said.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(::dup2(file, STDERR_FILENO) == STDERR_FILENO);
  auto opened = Store::open(options);
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(file);
  REQUIRE(opened);
  CHECK(test::slurp(said).empty());
}

TEST_CASE("write store/schema/whole.sql.h", "[.][write-schema]") {
  std::ofstream(test::source_path(kPath), std::ios::binary)
      << "// What all steps make, in one script: see Migration::whole. Written by\n"
         "// `store_tests \"[write-schema]\"` after a step was added; tests/store/schema_test.cpp "
         "compares.\n"
         "#pragma once\n\nnamespace store::schema {\n\ninline constexpr int kWholeUpTo = "
      << migrations().back().number
      << ";  // the last of those steps\n\ninline constexpr const char* kWhole = R\"sql(\n"
      << must(whole_schema(migrations())) << ")sql\";\n\n}  // namespace store::schema\n";
}
