// Commits that were acknowledged and are missing at the next start: noticed, written down, and the
// log in which they were is kept.
#include "store/lost_commits.h"

#include "store/commit_note.h"
#include "store/relay/mailboxes.h"
#include "store/relay/relay_store.h"
#include "store/repair.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

namespace fs = std::filesystem;

// What a kill -9 would leave now: the files as they are, in a folder of its own.
std::unique_ptr<test::World> killed(const test::World& world) {
  auto out = std::make_unique<test::World>();
  for (const auto& entry : fs::directory_iterator(world.dir.path())) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || name == "lock" || name.ends_with("-shm")) continue;
    fs::copy_file(entry.path(), out->dir / name);
  }
  return out;
}

void flip_in_the_middle(const std::string& path) {
  std::string bytes = test::slurp(path);
  REQUIRE(bytes.size() > 20'000);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  test::spit(path, bytes);
}

std::vector<std::string> files_that_begin(const test::World& world, std::string_view prefix) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(world.dir.path())) {
    if (entry.path().filename().string().starts_with(prefix)) out.push_back(entry.path());
  }
  return out;
}

std::int64_t noted(const test::World& world) {
  return read_commit_note(world.dir / "store.db").value_or(-1);
}

}  // namespace

TEST_CASE("a broken frame in the middle of the log: the loss is reported and the log is kept") {
  test::World world;
  world.open();
  for (int i = 0; i < 40; ++i) must(world.add_note(i));
  CHECK(noted(world) == 40);
  const auto other = killed(world);
  const std::string wal = other->dir / "store.db-wal";
  flip_in_the_middle(wal);
  const std::string damaged = test::slurp(wal);

  other->open();
  const std::int64_t left = other->count_notes();
  REQUIRE(left > 0);
  REQUIRE(left < 40);
  const std::string loss = other->store->health().loss();
  CHECK(loss.find("acknowledged commits are missing: " + std::to_string(40 - left) + " [") !=
        std::string::npos);
  const auto kept = files_that_begin(*other, "store.db-wal.damaged-");
  REQUIRE(kept.size() == 1);
  CHECK(test::slurp(kept[0]) == damaged);
  CHECK(loss.find(other->dir.path()) == std::string::npos);  // readiness shows it to everybody
  CHECK(loss.find(fs::path(kept[0]).filename().string()) != std::string::npos);
  must(other->add_note(100));  // it goes on
  CHECK(noted(*other) == 41);  // and no number comes twice

  // Said at every start, found once.
  for (int start = 0; start < 2; ++start) {
    other->store.reset();
    other->open();
    CHECK(other->store->health().loss() == loss);
    CHECK(files_that_begin(*other, "store.db-wal.damaged-").size() == 1);
  }
  fs::remove(other->dir / "store.db.lost");
  CHECK(other->store->health().loss().empty());
  other->store.reset();
  other->open();
  CHECK(other->store->health().loss().empty());
}

TEST_CASE("a start that dies before it goes on finds the same loss once") {
  test::World world;
  world.open();
  for (int i = 0; i < 40; ++i) must(world.add_note(i));
  const auto other = killed(world);
  const std::string path = other->dir / "store.db";
  flip_in_the_middle(path + "-wal");
  std::string report;
  for (int start = 0; start < 3; ++start) {
    const LossCheck check = LossCheck::begin(path);
    const auto look = must(Connection::open(path, {.read_only = true}));
    Health health;
    check.compare(look.get(), &health);
    if (report.empty()) report = health.loss();
    CHECK(health.loss() == report);
  }
  CHECK_FALSE(report.empty());
  CHECK(files_that_begin(*other, "store.db-wal.damaged-").size() == 1);
}

TEST_CASE("what was killed or closed and lost nothing reports nothing") {
  test::World world;
  world.open();
  for (int i = 0; i < 5; ++i) must(world.add_note(i));
  const auto other = killed(world);
  other->open();
  CHECK(other->store->health().loss().empty());
  CHECK(other->count_notes() == 5);
  world.store.reset();
  world.open();
  CHECK(world.store->health().loss().empty());
}

TEST_CASE("an older store put back alone, or taken away, is behind its note") {
  test::World world;
  world.open();
  must(world.add_note(1));
  world.store.reset();
  const std::string old = test::slurp(world.dir / "store.db");
  world.open();
  for (int i = 0; i < 3; ++i) must(world.add_note(i));
  world.store.reset();
  test::spit(world.dir / "store.db", old);
  world.open();
  CHECK(world.store->health().loss().find("acknowledged commits are missing: 3 ") !=
        std::string::npos);
  world.store.reset();
  fs::remove(world.dir / "store.db");
  fs::remove(world.dir / "store.db.lost");
  world.open();
  CHECK(world.store->health().loss().find("acknowledged commits are missing: 4 ") !=
        std::string::npos);
  must(world.add_note(1));
  CHECK(noted(world) == 5);
}

TEST_CASE("a repair settles what was lost and keeps its report") {
  test::World world;
  world.open();
  for (int i = 0; i < 40; ++i) must(world.add_note(i));
  const auto other = killed(world);
  flip_in_the_middle(other->dir / "store.db-wal");
  other->open();
  REQUIRE_FALSE(other->store->health().loss().empty());
  other->store.reset();
  must(repair(other->dir.path(), 17));
  CHECK(fs::exists(other->dir / "store.db.damaged-17.lost"));
  other->open();
  CHECK(other->store->health().loss().empty());
}

TEST_CASE("a torn or foreign note counts as none") {
  test::World world;
  world.open();
  must(world.add_note(1));
  world.store.reset();
  const std::string path = world.dir / "store.db.last_commit";
  const std::string good = test::slurp(path);
  for (std::size_t size = 0; size < good.size(); size += 9) {
    test::spit(path, good.substr(0, size));
    CHECK_FALSE(read_commit_note(world.dir / "store.db"));
  }
  for (std::size_t at = 0; at < good.size(); at += 5) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 2);
    test::spit(path, bad);
    CHECK_FALSE(read_commit_note(world.dir / "store.db"));
  }
  world.open();
  CHECK(world.store->health().loss().empty());
  must(world.add_note(2));
  CHECK(noted(world) == 2);
}

TEST_CASE("a batch that changes nothing has no number, and one that is undone neither") {
  test::World world;
  world.open();
  must(world.add_note(1));
  must(world.store->write_now<void>([](Tx&) -> base::Result<> { return {}; }));
  CHECK(noted(world) == 1);
  must(world.add_note(2));
  CHECK(noted(world) == 2);
}

TEST_CASE("of logs that were kept the newest three stay") {
  test::World world;
  world.open();
  for (int i = 0; i < 40; ++i) must(world.add_note(i));
  const auto other = killed(world);
  for (const char* time : {"1000000001", "1000000002", "1000000003", "1000000004"}) {
    test::spit(other->dir / (std::string("store.db-wal.damaged-") + time), "older");
  }
  flip_in_the_middle(other->dir / "store.db-wal");
  other->open();
  auto kept = files_that_begin(*other, "store.db-wal.damaged-");
  std::sort(kept.begin(), kept.end());
  REQUIRE(kept.size() == kKeptLogs);
  CHECK(kept[0].ends_with("-1000000003"));
  CHECK(test::slurp(kept[2]).size() > 20'000);
}

TEST_CASE("a relay's database says what it lost; one that was deleted lost nothing") {
  test::World world;
  world.open();
  const auto fill = [&](RelayStore& relay) {
    for (int i = 0; i < 20; ++i) {
      relay.write<std::int64_t>(
          [i](Tx& tx) {
            return insert_mailbox(tx.db(), "box" + std::to_string(i),
                                  std::array<std::uint8_t, 32>{}, RelayParty{}, tx.now());
          },
          [](const base::Result<std::int64_t>& done) { CHECK(done); });
      relay.flush();
    }
  };
  auto relay = must(RelayStore::open({.dir = world.dir.path()}, world.store->vault(), world.clock));
  fill(*relay);
  CHECK(relay->health().loss().empty());
  const auto other = killed(world);
  relay.reset();
  flip_in_the_middle(other->dir / "relay.db-wal");
  other->open();
  CHECK(other->store->health().loss().empty());
  relay = must(RelayStore::open({.dir = other->dir.path()}, other->store->vault(), other->clock));
  CHECK(relay->health().loss().find("relay.db: ") != std::string::npos);
  CHECK(files_that_begin(*other, "relay.db-wal.damaged-").size() == 1);
  fs::remove(other->dir / "relay.db.lost");
  CHECK(relay->health().loss().empty());
  relay.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::remove(other->dir / (std::string("relay.db") + suffix));
  }
  relay = must(RelayStore::open({.dir = other->dir.path()}, other->store->vault(), other->clock));
  CHECK(relay->health().loss().empty());
  fill(*relay);
}
