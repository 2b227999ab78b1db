#include "store/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/repair.h"
#include "tests/store/world.h"

using namespace store;
using base::Errc;
using test::must;

TEST_CASE("the folder is made for the owner alone, with those above it") {
  test::World world;
  auto options = world.options();
  options.dir = world.dir / "a/b/c";
  world.open(options);
  CHECK((std::filesystem::status(options.dir).permissions() & std::filesystem::perms(0777)) ==
        std::filesystem::perms(0700));
}

TEST_CASE("a folder that cannot be used is named with what to do") {
  test::World world;
  auto options = world.options();
  options.dir = "";
  CHECK(world.refusal(options).code == Errc::invalid_argument);
  test::spit(world.dir / "file", "x");
  options.dir = world.dir / "file";
  auto error = world.refusal(options);
  CHECK(error.message.find("not a directory") != std::string::npos);
  options.dir = world.dir / "file/below";
  error = world.refusal(options);
  CHECK(error.message.find("file/below") != std::string::npos);
  CHECK(error.message.find("--accounts") != std::string::npos);
  if (::geteuid() == 0) return;  // root may write anywhere
  options.dir = world.dir / "locked";
  std::filesystem::create_directory(options.dir);
  ::chmod(options.dir.c_str(), 0500);
  CHECK(world.refusal(options).message.find("locked") != std::string::npos);
}

TEST_CASE("a second store on the same folder is refused with the pid of the first") {
  test::World world;
  world.open();
  const auto error = world.refusal(world.options());
  CHECK(error.code == Errc::unavailable);
  CHECK(error.message.find("another privitty-edged (pid " + std::to_string(::getpid()) +
                           ") is using " + world.dir.path()) != std::string::npos);
  world.store.reset();
  world.open();
}

TEST_CASE("a second store is refused although the lock file was removed") {
  test::World world;
  world.open();
  std::filesystem::remove(world.dir / "lock");
  for (int i = 0; i < 2; ++i) {  // the first try makes the file again
    const auto error = world.refusal(world.options());
    CHECK(error.code == Errc::unavailable);
    CHECK(error.message.find("another privitty-edged is using") != std::string::npos);
  }
  const auto repaired = repair(world.dir.path(), 1);
  REQUIRE_FALSE(repaired);
  CHECK(repaired.error().code == Errc::unavailable);
  must(world.add_note(1));
}

TEST_CASE("a build that locks DIR/lock alone and this one exclude each other") {
  test::World world;
  const int older = ::open((world.dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(older >= 0);
  REQUIRE(::flock(older, LOCK_EX | LOCK_NB) == 0);
  CHECK(world.refusal(world.options()).code == Errc::unavailable);
  REQUIRE(::flock(older, LOCK_UN) == 0);
  world.open();
  CHECK(::flock(older, LOCK_EX | LOCK_NB) != 0);
  ::close(older);
}

TEST_CASE("a lock file left by a dead process holds nobody up") {
  test::World world;
  test::spit(world.dir / "lock", "123456\n");
  world.open();
}

TEST_CASE("a store that was closed leaves no write-ahead log for the next start to read") {
  test::World world;
  world.open();
  for (int i = 0; i < 50; ++i) must(world.add_note(i));
  CHECK(world.count_notes() == 50);  // a reader stays open in its pool
  REQUIRE(std::filesystem::exists(world.dir / "store.db-wal"));
  world.store.reset();
  CHECK_FALSE(std::filesystem::exists(world.dir / "store.db-wal"));
  world.open();
  CHECK(world.count_notes() == 50);
}

namespace {

// As another process sees it: a child's own locks are none of ours.
bool is_locked(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    const bool asked = fd >= 0 && ::fcntl(fd, F_GETLK, &wanted) == 0;
    ::_exit(asked && wanted.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status) == 1;
}

}  // namespace

TEST_CASE("an open store is locked, so that another program cannot delete its log") {
  test::World world;
  world.open();
  must(world.add_note(1));
  const std::string path = world.store->database_path();
  CHECK(is_locked(path));
  world.store.reset();
  world.open();
  CHECK(world.count_notes() == 1);
  must(world.add_note(2));
  CHECK(is_locked(path));
  // As the checkpointer and others open one beside the writer.
  must(Connection::open(path, {}));
  CHECK(is_locked(path));
}

TEST_CASE("a log whose store was removed is not replayed into a new one") {
  test::World world;
  world.open();
  const std::string path = world.store->database_path();
  world.store.reset();
  std::filesystem::remove(path);
  test::spit(path + "-wal", std::string(5'000, 'x'));
  const auto error = world.refusal(world.options());
  CHECK(error.code == Errc::corrupt);
  CHECK(error.message.find(path + "-wal") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(std::filesystem::file_size(path + "-wal") == 5'000);
  std::filesystem::remove(path + "-wal");
  world.open();
}

TEST_CASE("migrations run in order, once, and go on where they stopped") {
  test::World world;
  auto options = world.options();
  options.migrations = std::span(test::kMigrations).first(1);
  world.open(options);
  must(world.add_note(7));
  world.store.reset();
  world.open();
  CHECK(world.count_notes() == 1);
  auto reader = must(world.store->read());
  CHECK(must(reader->integer("PRAGMA user_version")) == 2);
  CHECK(must(reader->integer("SELECT count(*) FROM pair")) == 0);
}

TEST_CASE("a migration that fails leaves the schema before it and says which it was") {
  test::World world;
  const std::array broken{test::kMigrations[0],
                          Migration{2, "halves", "CREATE TABLE half(x INTEGER) STRICT; BOOM"}};
  auto options = world.options();
  options.migrations = broken;
  const auto error = world.refusal(options);
  INFO(error.message);
  CHECK(error.message.find("migration 2 (halves)") != std::string::npos);
  world.open();
  auto reader = must(world.store->read());
  CHECK(must(reader->integer("SELECT count(*) FROM sqlite_schema WHERE name='half'")) == 0);
}

TEST_CASE("a newer schema is refused with both numbers and stays as it is") {
  test::World world;
  world.open();
  world.store.reset();
  auto options = world.options();
  options.migrations = std::span(test::kMigrations).first(1);
  const auto error = world.refusal(options);
  CHECK(error.code == Errc::forbidden);
  CHECK(error.message.find("schema 2, this version knows 1") != std::string::npos);
  world.open();
}

TEST_CASE("a database of another program is refused and left as it is") {
  test::World world;
  {
    auto db = must(Connection::open(world.dir / "store.db"));
    must(db->script("PRAGMA journal_mode=DELETE; CREATE TABLE theirs(x)"));
  }
  const std::string before = test::slurp(world.dir / "store.db");
  CHECK(world.refusal(world.options()).code == Errc::forbidden);
  CHECK(test::slurp(world.dir / "store.db") == before);
  CHECK_FALSE(std::filesystem::exists(world.dir / "master.key"));
}

TEST_CASE("numbers of a counter are never reused, whatever is deleted") {
  test::World world;
  world.open();
  const auto next = [&](std::string name) {
    return must(world.store->write_now<std::int64_t>(
        [=](Tx& tx) { return tx.next_id(base::AccountId(3), name, 10); }));
  };
  CHECK(next("chat") == 10);
  CHECK(next("chat") == 11);
  CHECK(next("message") == 10);
  world.store.reset();
  world.open();
  CHECK(next("chat") == 12);
}

TEST_CASE("a folder that holds something else is refused, and nothing is written to it") {
  test::World world;
  test::spit(world.dir / "letter.txt", "Dear");
  const auto refused = world.refusal(world.options());
  CHECK(refused.message.find("the directory " + world.options().dir) != std::string::npos);
  CHECK(refused.message.find("letter.txt") != std::string::npos);
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(world.options().dir)) {
    ++entries;
  }
  CHECK(entries == 1);
  // Unless a setting names it; a store that is there is opened whatever lies beside it.
  auto options = world.options();
  options.expected_names = {"letter.txt"};
  world.open(options);
  world.store.reset();
  test::spit(world.dir / "another.txt", "Dear");
  world.open();
}
