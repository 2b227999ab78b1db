// A store of an earlier build opens in this one with everything in it. tests/data/ holds the
// folders of daemons of schema 10, from before rows had MACs: alice, who talked to bob and carol;
// and of schema 12, from before keys and ways in had rows: the same with dave, whom she blocked and
// knows from a group alone, a join at erin's under way, and a second account; and of schema 13,
// with reactions, edits (one waits for bob), a message deleted for all, a channel and a second
// account.
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
constexpr ContactId kBob{10}, kCarol{11}, kDave{12}, kErin{13};

// The folder of an earlier schema in alice's place; she is stopped.
struct OldStore : World {
  explicit OldStore(int schema) {
    alice.stop();
    std::filesystem::remove_all(alice.dir());
    const std::string tar =
        source_path("tests/data/store-schema-" + std::to_string(schema) + ".tar.gz");
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
  std::string refusal() {
    const auto opened = store::Store::open(
        {.dir = alice.dir(), .migrations = store::migrations(), .clock = &clock});
    return opened ? "opened" : opened.error().message;
  }
  // And what needs the contact's key.
  bool takes_a_new_contact() {
    bob.send(join(bob, alice), "new here");
    return until([&] { return alice.has_text("new here"); });
  }
  Contact contact(ContactId id) {
    auto found = alice.engine().contacts().get(Peer::kAccount, id);
    if (!found) FAIL(found.error().message);
    return *std::move(found);
  }
};

}  // namespace

TEST_CASE("a store of schema 10 opens with everything in it, and is brought to this version once") {
  OldStore old(10);
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
  OldStore old(10);
  // What the step does last meets something in its way.
  old.run("ALTER TABLE counter ADD COLUMN mac BLOB");
  REQUIRE(old.refusal() != "opened");
  CHECK(old.number("PRAGMA user_version") == store::row_mac_step(store::migrations()) - 1);
  CHECK(old.number("SELECT count(*) FROM pragma_table_info('message') WHERE name = 'mac'") == 0);
  old.run("ALTER TABLE counter DROP COLUMN mac");
  old.alice.start();
  CHECK(old.alice.texts(kCarols) == std::vector<std::string>{"Carol here"});
}

TEST_CASE("a store of schema 12 opens with its contacts, keys and ways in, and goes on talking") {
  OldStore old(12);
  old.alice.start();
  const auto look = [&] {
    Engine& engine = old.alice.engine();
    CHECK(old.alice.texts(kBobs) == std::vector<std::string>{"Pump 3 runs hot", "Stopped it",
                                                             "see the plan", "", "waits for Bob"});
    CHECK(old.alice.texts(kGroup) == std::vector<std::string>{"Hello both", "Bob in the group",
                                                              "Dave is here now", "Dave speaks"});
    const auto info = engine.accounts().info(Peer::kAccount);
    REQUIRE(info);
    CHECK(info->at("mailbox") == "457debcd992a1d60a06ea0c9d7d88823");
    CHECK(info->at("fingerprint") ==
          "562B14262B3CF9C731A1A494B9C9F41032641BCACF64D3C15E078DA2DAD01F52");
    CHECK(engine.accounts().info(AccountId(2))->at("mailbox") ==
          "23a9c123e31ab1e277fc403f1b15e7b9");
    CHECK(engine.accounts().get(AccountId(2))->addr == "alice-2@vm");
    CHECK(old.contact(kSelf).fingerprint == info->at("fingerprint"));
    CHECK(old.contact(kBob).fingerprint ==
          "A5A24E2DD8ABBE2A1047EDA7E8D70499E255D0144BBD69E744A618C41837B724");
    CHECK(old.contact(kBob).is_verified);
    CHECK(old.contact(kBob).addr == "bob@vm");
    CHECK(old.contact(kCarol).fingerprint ==
          "4D8E94272BE70C5154CBDB0C6C5FB93DEDD7A27325E13F64F4FC7078F775F69F");
    CHECK(old.contact(kDave).is_blocked);
    CHECK(old.contact(kDave).auth_name == "dave");
    CHECK_FALSE(old.contact(kErin).is_verified);
    const auto protects = [&](const std::string& name) {
      const auto items = engine.messages().list(Peer::kAccount, kBobs, false, false);
      REQUIRE(items);
      for (const ListItem& item : *items) {
        const auto message = engine.messages().get(Peer::kAccount, item.message);
        if (message && message->file && message->file->name == name) {
          return message->file->is_protected;
        }
      }
      FAIL("no file " << name);
      return false;
    };
    CHECK(protects("secret.txt.prv"));
    CHECK_FALSE(protects("plan.txt"));
    CHECK(old.contact(kErin).fingerprint ==
          "2F8731C652EAFF3A945BEE0C179F4D381FEF18F20D67A5456D7C82795E18A817");
    CHECK_FALSE(old.contact(kDeviceContact).e2ee_available);
    CHECK(engine.chats().get(Peer::kAccount, kGroup)->contacts.size() == 4);
  };
  look();
  old.alice.restart();
  look();
  CHECK(old.takes_a_new_contact());
  old.alice.stop();
  CHECK(old.number("PRAGMA user_version") == store::migrations().back().number);
  CHECK(old.number("SELECT count(*) FROM contact_key WHERE account_id = 1") == 6);
  CHECK(old.number("SELECT count(*) FROM contact_key WHERE account_id = 2") == 1);
  CHECK(old.number("SELECT count(*) FROM route WHERE kind = 1 AND length(mac) = 16") ==
        old.number("SELECT count(*) FROM route"));
  CHECK(old.number("SELECT count(*) FROM contact WHERE length(mac) <> 16") == 0);
}

TEST_CASE("a store of schema 13 opens with its reactions, edits and channel, and goes on talking") {
  OldStore old(13);
  old.alice.start();
  const auto look = [&] {
    CHECK(old.alice.texts(kBobs) == std::vector<std::string>{"Pump 3 runs very hot", "Stopped it",
                                                             "see the plan", "waits for Bob"});
    CHECK(old.alice.texts(kCarols) == std::vector<std::string>{"Carol here"});
    CHECK(old.alice.texts(kGroup) == std::vector<std::string>{"Hello both", "Carol in the group"});
    CHECK(old.alice.texts(ChatId(15)) == std::vector<std::string>{"first news"});
    const auto reactions = [&](const std::string& text) {
      const auto found = old.alice.find_text(text);
      REQUIRE(found);
      std::string all;
      for (const ReactionsOf& of : old.alice.message(*found).reactions) {
        for (const std::string& emoji : of.reactions) {
          all += std::to_string(of.contact.value) + emoji;
        }
      }
      return all;
    };
    CHECK(reactions("Pump 3 runs very hot") == "10👍");
    CHECK(reactions("Carol in the group") == "10🔥");
    CHECK(old.alice.message(*old.alice.find_text("Stopped it")).is_edited);
    Engine& engine = old.alice.engine();
    CHECK((*engine.messages().draft(Peer::kAccount, kBobs))->text == "half a thought");
    CHECK(engine.config().get(AccountId(2), "displayname")->value() == "Alice second");
    CHECK(engine.chats().get(Peer::kAccount, kGroup)->contacts.size() == 3);
  };
  look();
  old.alice.restart();
  look();
  CHECK(old.takes_a_new_contact());
  old.alice.stop();
  CHECK(old.number("PRAGMA user_version") == store::migrations().back().number);
}

TEST_CASE("a step from schema 12 that fails leaves the store as it was") {
  OldStore old(12);
  // What the step does last meets something in its way.
  old.run("CREATE TABLE account_next(id INTEGER)");
  REQUIRE(old.refusal() != "opened");
  CHECK(old.number("PRAGMA user_version") == 12);
  CHECK(old.number("SELECT count(*) FROM account WHERE length(mailbox) = 32") == 2);
  CHECK(old.number("SELECT count(*) FROM contact WHERE length(key_hash) = 16") == 6);
  CHECK(old.number("SELECT count(*) FROM pragma_table_info('contact_key')") == 0);
  CHECK(old.number("SELECT count(*) FROM contact WHERE length(mac) <> 16") == 0);
  old.run("DROP TABLE account_next");
  old.alice.start();
  CHECK(old.alice.texts(kCarols) == std::vector<std::string>{"Carol here"});
  CHECK(old.contact(kBob).e2ee_available);
}

TEST_CASE("what was changed outside before the step to this version is not taken for good by it") {
  OldStore old(12);
  old.run("UPDATE contact SET verified = 0 WHERE account_id = 1 AND id = 10");
  old.run("UPDATE account SET mailbox = 'elsewhere' WHERE id = 2");
  old.alice.start();
  Engine& engine = old.alice.engine();
  CHECK(engine.contacts().get(Peer::kAccount, kBob).error().code == base::Errc::sealed);
  CHECK(engine.contacts().get(Peer::kAccount, kCarol));
  CHECK(engine.accounts().list()->size() == 1);
  old.alice.stop();
  CHECK(old.number("SELECT count(*) FROM contact_key WHERE account_id = 1 AND contact_id = 10"
                   " AND length(mac) = 0") == 1);
  CHECK(old.number(
            "SELECT count(*) FROM account_way_in WHERE account_id = 2 AND length(mac) = 0") == 1);
}
