#include "store/connection.h"

#include "store/health.h"
#include "tests/store/world.h"

using namespace store;
using base::Errc;
using test::must;

namespace {

std::unique_ptr<Connection> open_in(const test::TempDir& dir) {
  auto db = must(Connection::open(dir / "t.db"));
  must(db->script("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB) STRICT"));
  return db;
}

}  // namespace

TEST_CASE("a connection writes and reads every kind of value") {
  test::TempDir dir;
  auto db = open_in(dir);
  const base::Bytes blob{0, 1, 255};
  const std::string text("a\0b", 3);
  must(db->run("INSERT INTO t(id,n,s,b) VALUES(?,?,?,?)", base::MsgId(7), -5, text, blob));
  must(db->run("INSERT INTO t(id,n,s,b) VALUES(?,?,?,?)", 8, std::nullopt,
               std::optional<std::string>(), base::Bytes{}));
  int rows = 0;
  must(db->each("SELECT id,n,s,b FROM t ORDER BY id", [&](const Row& row) {
    if (rows++ == 0) {
      CHECK(row.id<base::MsgId>(0) == base::MsgId(7));
      CHECK(row.integer(1) == -5);
      CHECK(row.text(2) == text);
      CHECK(row.bytes(3) == blob);
    } else {
      CHECK(row.is_null(1));
      CHECK_FALSE(row.maybe_integer(1));
      CHECK(row.is_null(2));
      CHECK_FALSE(row.is_null(3));
      CHECK(row.blob(3).empty());
    }
  }));
  CHECK(rows == 2);
  CHECK(must(db->run("UPDATE t SET n=1")) == 2);
  CHECK(must(db->run("UPDATE t SET n=2 WHERE id=?", 99)) == 0);
}

TEST_CASE("an id over 2^63 and a wrong number of arguments are errors") {
  test::TempDir dir;
  auto db = open_in(dir);
  const auto big = db->run("INSERT INTO t(id) VALUES(?)", ~std::uint64_t{0});
  REQUIRE_FALSE(big);
  CHECK(big.error().code == Errc::invalid_argument);
  CHECK_FALSE(db->run("INSERT INTO t(id) VALUES(?)"));
  CHECK_FALSE(db->run("INSERT INTO t(id) VALUES(?)", 1, 2));
  CHECK_FALSE(db->run("INSERT INTO t(id) VALUES(1); INSERT INTO t(id) VALUES(2)"));
}

TEST_CASE("statements of one length and with one end are kept apart") {
  test::TempDir dir;
  auto db = open_in(dir);
  must(db->run("INSERT INTO t(id,n) VALUES(3,8)"));
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(must(db->integer("SELECT id FROM t WHERE id IN (1,2,3,4,5,6,7,8,9,10)")) == 3);
    CHECK(must(db->integer("SELECT  n FROM t WHERE id IN (1,2,3,4,5,6,7,8,9,10)")) == 8);
    CHECK_FALSE(db->integer("SELECT  x FROM t WHERE id IN (1,2,3,4,5,6,7,8,9,10)"));
  }
}

TEST_CASE("a statement may be used while it runs") {
  test::TempDir dir;
  auto db = open_in(dir);
  for (int i = 1; i <= 3; ++i) must(db->run("INSERT INTO t(id,n) VALUES(?,?)", i, i));
  constexpr std::string_view kSql = "SELECT id FROM t WHERE id>? ORDER BY id";
  int pairs = 0;
  must(db->each(
      kSql,
      [&](const Row& outer) -> base::Result<> {
        return db->each(
            kSql, [&](const Row&) { ++pairs; }, outer.integer(0));
      },
      0));
  CHECK(pairs == 3);
}

TEST_CASE("an error of the row function ends the query") {
  test::TempDir dir;
  auto db = open_in(dir);
  for (int i = 1; i <= 3; ++i) must(db->run("INSERT INTO t(id) VALUES(?)", i));
  int seen = 0;
  const auto result = db->each("SELECT id FROM t", [&](const Row&) -> base::Result<> {
    ++seen;
    return base::fail(Errc::not_found, "enough");
  });
  REQUIRE_FALSE(result);
  CHECK(result.error().message == "enough");
  CHECK(seen == 1);
}

TEST_CASE("one() is empty without rows and passes on what the reader says") {
  test::TempDir dir;
  auto db = open_in(dir);
  CHECK_FALSE(must(db->integer("SELECT id FROM t")));
  must(db->run("INSERT INTO t(id,b) VALUES(1,?)", base::Bytes(16, 3)));
  const auto read16 = [](const Row& row) { return row.array<16>(0); };
  CHECK(must(db->one<Uuid>("SELECT b FROM t", read16)).value()[0] == 3);
  const auto wrong = db->one<std::array<std::uint8_t, 8>>(
      "SELECT b FROM t", [](const Row& row) { return row.array<8>(0); });
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::corrupt);
}

TEST_CASE("a violated key is distinguished, without the values") {
  test::TempDir dir;
  auto db = open_in(dir);
  must(db->run("INSERT INTO t(id,s) VALUES(1,'secret word')"));
  const auto again = db->run("INSERT INTO t(id,s) VALUES(?,?)", 1, "secret word");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Errc::already_exists);
  CHECK(again.error().message.find("secret") == std::string::npos);
}

TEST_CASE("the database is for its owner alone and a read-only connection cannot write") {
  test::TempDir dir;
  auto db = open_in(dir);
  for (const char* name : {"t.db", "t.db-wal", "t.db-shm"}) {
    const auto mode = std::filesystem::status(dir / name).permissions();
    CHECK((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
          std::filesystem::perms::none);
  }
  auto reader = must(Connection::open(dir / "t.db", {.read_only = true}));
  CHECK_FALSE(reader->run("INSERT INTO t(id) VALUES(1)"));
  CHECK(must(reader->integer("SELECT count(*) FROM t")) == 0);
}

TEST_CASE("a file that is no database is refused by name and reported") {
  test::TempDir dir;
  test::spit(dir / "t.db", std::string(8192, 'x'));
  Health health;
  const auto opened = Connection::open(dir / "t.db", {.health = &health});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::corrupt);
  CHECK(opened.error().message.find("t.db") != std::string::npos);
  CHECK(health.writes_refused());
}
