// What all steps of the schema make together, as new stores are made of it.
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "store/layout_text.h"
#include "store/row_layout.h"
#include "store/schema/migrations.h"
#include "tests/store/world.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/source.h"

using namespace store;
using test::must;

namespace {

const std::string kPath = "store/schema/whole.sql.h";

// The steps, without what the last one says of all.
std::vector<Migration> steps_alone() {
  const auto all = migrations();
  std::vector<Migration> steps(all.begin(), all.end());
  steps.back().whole = steps.back().layout = {};
  steps.back().image = nullptr;
  return steps;
}

}  // namespace

TEST_CASE("the last step says what all make; store_tests \"[write-schema]\" writes it anew") {
  INFO(kPath);
  REQUIRE_FALSE(migrations().back().whole.empty());
  REQUIRE_FALSE(migrations().back().layout.empty());
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

TEST_CASE("a new store is a sound database, whatever a start that died left beside it") {
  test::World world;
  auto options = world.options();
  options.migrations = migrations();
  std::filesystem::create_directories(world.dir.path());
  test::spit(world.dir / "store.db.new", std::string(100'000, 'x'));
  test::spit(world.dir / "store.db.new-wal", std::string(5'000, 'y'));
  world.open(options);
  CHECK_FALSE(std::filesystem::exists(world.dir / "store.db.new"));
  Reader reader = must(world.store->read());
  const auto sound = must(reader->one<std::string>(
      "PRAGMA integrity_check", [](const Row& row) { return std::string(row.text(0)); }));
  CHECK(sound == "ok");
}

TEST_CASE("kill -9 while a store is made leaves what the next start opens") {
  for (int round = 0; round < 12; ++round) {
    test::World world;
    auto options = world.options();
    options.migrations = migrations();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      FaultyVfs vfs;
      vfs.inject({.code = SQLITE_IOERR_WRITE, .when = [round](std::uint64_t write) {
                    if (write > static_cast<std::uint64_t>(round)) ::raise(SIGKILL);
                    return false;
                  }});
      options.vfs = vfs.name();
      (void)Store::open(options);
      ::_exit(0);  // later rounds come to the end
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO(round);
    if (round == 0) CHECK(WIFSIGNALED(status));
    world.open(options);
    CHECK(must(world.store->write_now<std::int64_t>([](Tx& tx) -> base::Result<std::int64_t> {
            EDGE_TRY(const auto triggers,
                     tx.db().integer("SELECT count(*) FROM temp.sqlite_schema"));
            return triggers.value_or(0);
          })) == 2 * static_cast<std::int64_t>(must(layout_of(migrations())).tables.size()));
  }
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

TEST_CASE("write store/schema/whole.sql.h and layout.h", "[.][write-schema]") {
  std::ofstream(test::source_path("store/schema/layout.h"), std::ios::binary)
      << "// Which columns the MACs of rows cover once all steps have run: see Migration::layout "
         "and\n"
         "// layout_text.h. Written and compared as whole.sql.h is.\n"
         "#pragma once\n\nnamespace store::schema {\n\ninline constexpr const char* kLayout = "
         "R\"layout(\n"
      << layout_text(must(layout_of(steps_alone())))
      << ")layout\";\n\n}  // namespace store::schema\n";
  std::ofstream(test::source_path(kPath), std::ios::binary)
      << "// What all steps make, in one script: see Migration::whole. Written by\n"
         "// `store_tests \"[write-schema]\"` after a step was added; tests/store/schema_test.cpp "
         "compares.\n"
         "#pragma once\n\nnamespace store::schema {\n\ninline constexpr int kWholeUpTo = "
      << migrations().back().number
      << ";  // the last of those steps\n\ninline constexpr const char* kWhole = R\"sql(\n"
      << must(whole_schema(migrations())) << ")sql\";\n\n}  // namespace store::schema\n";
}
