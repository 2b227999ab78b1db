// log_vfs: how often a commit writes and syncs, and what becomes of pages that are rolled back.
#include "store/log_vfs.h"

#include <sqlite3.h>

#include "tests/store/world.h"
#include "tests/support/faulty_vfs.h"

using namespace store;
using test::must;

namespace {

// Counts the operations on logs from now on; fails none.
std::shared_ptr<int> count_of(FaultyVfs& vfs, FaultRule::Op op) {
  auto count = std::make_shared<int>(0);
  vfs.inject({.op = op, .suffix = "-wal", .code = SQLITE_IOERR, .when = [count](std::uint64_t) {
                ++*count;
                return false;
              }});
  return count;
}

std::unique_ptr<Connection> open_notes(const std::string& path, int cache_kib) {
  auto db = must(Connection::open(path, {.cache_kib = cache_kib}));
  must(db->script("CREATE TABLE IF NOT EXISTS note(number INTEGER PRIMARY KEY, text TEXT)"));
  return db;
}

void add_notes(Connection& db, int first, int count) {
  for (int number = first; number < first + count; ++number) {
    must(db.run("INSERT INTO note VALUES(?,?)", number, std::string(3000, 'x')));
  }
}

}  // namespace

TEST_CASE("a commit writes the log once and syncs it once") {
  FaultyVfs vfs;
  test::World world;
  auto options = world.options();
  options.vfs = vfs.name();
  world.open(options);
  must(world.add_note(1));  // the first one begins the log
  const auto writes = count_of(vfs, FaultRule::Op::write);
  for (int number = 2; number < 6; ++number) must(world.add_note(number));
  CHECK(*writes == 4);
  const auto syncs = count_of(vfs, FaultRule::Op::sync);
  for (int number = 6; number < 10; ++number) must(world.add_note(number));
  CHECK(*syncs == 4);
}

TEST_CASE("a commit that is larger than what is gathered is whole, for its reader and for others") {
  test::TempDir dir;
  const auto db = open_notes(dir / "notes.db", 64);
  const auto other = open_notes(dir / "notes.db", 64);
  must(db->run("BEGIN IMMEDIATE"));
  add_notes(*db, 1, 500);
  CHECK(must(db->integer("SELECT sum(length(text)) FROM note")) == 1'500'000);
  CHECK(must(other->integer("SELECT count(*) FROM note")) == 0);
  must(db->run("COMMIT"));
  CHECK(must(other->integer("SELECT sum(length(text)) FROM note")) == 1'500'000);
}

TEST_CASE("what is rolled back is not written over another connection's commit") {
  test::TempDir dir;
  const auto db = open_notes(dir / "notes.db", 64);
  const auto other = open_notes(dir / "notes.db", 64);
  // The cache is too small for it, so that pages are written before the end.
  must(db->run("BEGIN IMMEDIATE"));
  add_notes(*db, 1, 50);
  must(db->run("ROLLBACK"));
  must(other->run("BEGIN IMMEDIATE"));
  add_notes(*other, 1000, 50);
  must(other->run("COMMIT"));
  CHECK(must(db->integer("SELECT count(*) FROM note")) == 50);
  add_notes(*db, 2000, 1);
  const auto reader = open_notes(dir / "notes.db", 64);
  CHECK(must(reader->integer("SELECT count(*) FROM note")) == 51);
  CHECK(must(reader->one<std::string>("PRAGMA integrity_check", [](const Row& row) {
          return std::string(row.text(0));
        })) == "ok");
}

TEST_CASE("a commit whose write fails leaves nothing, and the next one succeeds") {
  FaultyVfs vfs;
  test::TempDir dir;
  auto db = must(Connection::open(dir / "notes.db", {.vfs = vfs.name(), .cache_kib = 64}));
  must(db->script("CREATE TABLE note(number INTEGER PRIMARY KEY, text TEXT)"));
  add_notes(*db, 1, 1);
  vfs.inject({.op = FaultRule::Op::write, .suffix = "-wal", .code = SQLITE_FULL});
  const auto full = db->run("INSERT INTO note VALUES(2,'')");
  REQUIRE_FALSE(full);
  CHECK(full.error().code == base::Errc::exhausted);
  CHECK(must(db->integer("SELECT count(*) FROM note")) == 1);
  vfs.heal();
  add_notes(*db, 3, 1);
  CHECK(must(db->integer("SELECT count(*) FROM note")) == 2);
}
