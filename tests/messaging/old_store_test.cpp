// A store of an earlier build opens in this one with everything in it. tests/data/ holds the folder
// of a daemon of schema 10, from before rows had MACs: alice, who talked to bob and carol.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "messaging/api/protected_files.h"
#include "store/master_key.h"
#include "store/row_layout.h"
#include "store/schema/migrations.h"
#include "tests/support/source.h"
#include "tests/support/world.h"

using namespace test;

namespace {

constexpr ChatId kBobs{12}, kCarols{13}, kGroup{14};

// The folder of schema 10 in alice's place; she is stopped.
struct OldStore : World {
  OldStore() {
    alice.stop();
    std::filesystem::remove_all(alice.dir());
    const std::string tar = source_path("tests/data/store-schema-10.tar.gz");
    const TempDir unpacked;
    const std::string command = "tar -xzf '" + tar + "' -C '" + unpacked.path() + "'";
    REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c): a fixed command
    std::filesystem::copy(unpacked.path() + "/alice", alice.dir(),
                          std::filesystem::copy_options::recursive);
  }
  std::int64_t number(const std::string& sql) {
    const auto db = store::Connection::open(alice.dir() + "/store.db");
    REQUIRE(db);
    return (*db)->integer(sql)->value_or(-1);
  }
  void run(const std::string& sql) {
    const auto db = store::Connection::open(alice.dir() + "/store.db");
    REQUIRE(db);
    REQUIRE((*db)->script(sql));
  }
};

}  // namespace

TEST_CASE("a store of schema 10 opens with everything in it, and is brought to this version once") {
  OldStore old;
  CHECK(old.number("PRAGMA user_version") == 10);
  old.alice.start();
  const auto look = [&] {
    CHECK(old.alice.texts(kBobs) == std::vector<std::string>{"Pump 3 runs hot", "Stopped it",
                                                             "see the plan", "", "",
                                                             "waits for Bob"});
    CHECK(old.alice.texts(kCarols) == std::vector<std::string>{"Carol here"});
    CHECK(old.alice.texts(kGroup) == std::vector<std::string>{"Hello both", "Bob in the group"});
    Engine& engine = old.alice.engine();
    CHECK(engine.chats().get(Peer::kAccount, kGroup)->contacts.size() == 3);
    CHECK(engine.chats().get(Peer::kAccount, kCarols)->mute.muted);
    CHECK(engine.contacts().ids(Peer::kAccount, false, std::nullopt)->size() == 2);
    CHECK(engine.config().get(Peer::kAccount, "displayname")->value() == "Alice at the plant");
    CHECK(engine.config().get(Peer::kAccount, "ui.note")->value() == "kept");
    CHECK((*engine.messages().draft(Peer::kAccount, kBobs))->text == "half a thought");
    const auto status = engine.protected_files().status(Peer::kAccount, FileId(1));
    REQUIRE(status);
    CHECK((*status)->state == "active");
    const auto plan = engine.messages().get(Peer::kAccount, MsgId(16));
    REQUIRE(plan);
    CHECK(plan->file->name == "plan.txt");
    CHECK(engine.messages().fresh(Peer::kAccount)->size() == 3);
  };
  look();
  old.alice.restart();
  look();
  old.alice.stop();
  CHECK(old.number("PRAGMA user_version") == store::migrations().back().number);
  CHECK(old.number("SELECT count(*) FROM message WHERE mac = zeroblob(16)") == 0);
  CHECK(old.number("SELECT count(*) FROM store_key") == 1);
}

TEST_CASE("a step to this version that fails leaves the store as it was") {
  OldStore old;
  // What the step does last meets something in its way.
  old.run("ALTER TABLE counter ADD COLUMN mac BLOB");
  const auto opened = store::Store::open(
      {.dir = old.alice.dir(), .migrations = store::migrations(), .clock = &old.clock});
  REQUIRE_FALSE(opened);
  CHECK(old.number("PRAGMA user_version") == store::row_mac_step(store::migrations()) - 1);
  CHECK(old.number("SELECT count(*) FROM pragma_table_info('message') WHERE name = 'mac'") == 0);
  old.run("ALTER TABLE counter DROP COLUMN mac");
  old.alice.start();
  CHECK(old.alice.texts(kCarols) == std::vector<std::string>{"Carol here"});
}
