#include <filesystem>
#include <fstream>

#include "store/tables/account_removal.h"
#include "tests/support/world.h"

using namespace test;

TEST_CASE("the first start makes account 1 with Saved messages and a welcome in the device chat") {
  World world;
  Engine& engine = world.alice.engine();
  const auto accounts = engine.accounts().list();
  REQUIRE(accounts);
  REQUIRE(accounts->size() == 1);
  CHECK(accounts->front().id == AccountId(1));
  CHECK(accounts->front().configured);
  CHECK(accounts->front().addr == "alice@alice.test");
  CHECK(accounts->front().display_name == "alice");
  CHECK(*engine.accounts().selected() == AccountId(1));

  const auto chats = engine.chats().list(AccountId(1), {});
  REQUIRE(chats);
  CHECK(chats->size() == 2);
  const ChatId saved = world.alice.saved_messages();
  CHECK(saved == ChatId(10));
  CHECK(engine.chats().get(AccountId(1), saved)->is_self_talk);
  const auto device = engine.chats().find_by_contact(AccountId(1), kDeviceContact);
  REQUIRE(*device);
  CHECK(engine.chats().get(AccountId(1), **device)->is_device_chat);
  CHECK_FALSE(engine.chats().get(AccountId(1), **device)->can_send);
  CHECK(world.alice.texts(**device).size() == 1);
  CHECK(engine.messages().fresh(AccountId(1))->size() == 1);

  // The listener comes after the first start; the log has it all.
  const auto logged = engine.log_page({});
  REQUIRE(logged);
  bool reported = false;
  for (const Event& event : logged->events)
    reported |= std::holds_alternative<AccountsChanged>(event.body);
  CHECK(reported);
}

TEST_CASE("a second start finds the same account and makes nothing new") {
  World world;
  const auto before = world.alice.engine().accounts().info(AccountId(1));
  REQUIRE(before);
  world.alice.restart();
  const auto after = world.alice.engine().accounts().info(AccountId(1));
  REQUIRE(after);
  CHECK(before->at("fingerprint") == after->at("fingerprint"));
  CHECK(before->at("mailbox") == after->at("mailbox"));
  CHECK(world.alice.engine().accounts().list()->size() == 1);
  CHECK(world.alice.engine().messages().fresh(AccountId(1))->size() == 1);
}

TEST_CASE("get_info names what clients look for and no secret") {
  World world;
  const auto info = world.alice.engine().accounts().info(AccountId(1));
  REQUIRE(info);
  for (const char* key :
       {"deltachat_core_version", "dbsize", "blobdir", "configured_addr", "n_msgs_in_db"}) {
    INFO(key);
    CHECK(info->contains(key));
  }
  CHECK(info->at("configured_addr") == "alice@alice.test");
  CHECK(info->at("n_msgs_in_db") == "1");
  CHECK(info->at("dbsize") != "0");
}

TEST_CASE("accounts are added, selected and removed with all they hold") {
  World world;
  Engine& engine = world.alice.engine();
  const auto added = answer<AccountId>([&](auto done) { engine.accounts().add(std::move(done)); });
  REQUIRE(added);
  CHECK(*added == AccountId(2));
  CHECK(engine.accounts().get(*added)->addr == "alice-2@alice.test");
  CHECK(engine.accounts().get(*added)->display_name.empty());
  CHECK(*engine.accounts().selected() == *added);
  CHECK(engine.accounts().info(*added)->at("fingerprint") !=
        engine.accounts().info(AccountId(1))->at("fingerprint"));

  TempDir outside;
  const auto path = answer<std::string>([&](auto done) {
    engine.files().copy_in(*added, outside.file("kept.txt", "x"), std::move(done));
  });
  REQUIRE(path);
  REQUIRE(std::filesystem::exists(*path));

  REQUIRE(answer<void>([&](auto done) { engine.accounts().remove(*added, std::move(done)); }));
  CHECK(engine.accounts().get(*added).error().message == "account 2 not found");
  CHECK(engine.chats().list(*added, {}).error().code == base::Errc::not_found);
  CHECK(*engine.accounts().selected() == AccountId(1));
  CHECK(world.until([&] { return !std::filesystem::exists(*path); }));
  for (const char* table : {"message", "chat", "contact", "blob", "config", "device_label"}) {
    INFO(table);
    const std::string sql = std::string("SELECT count(*) FROM ") + table + " WHERE account_id = 2";
    CHECK(world.until([&] { return world.alice.store().read()->connection().integer(sql) == 0; }));
  }

  // Of its events only the one that says it is gone is reported again, now and after a restart.
  const auto check_log = [&] {
    const Engine& now = world.alice.engine();
    const auto logged = now.log_page({.after = {}, .limit = 1000});
    REQUIRE(logged);
    std::size_t of_two = 0;
    for (const Event& event : logged->events) {
      if (event.account != *added) continue;
      ++of_two;
      CHECK(std::holds_alternative<AccountsChanged>(event.body));
    }
    CHECK(of_two >= 1);
  };
  check_log();
  CHECK(world.until([&] {
    const auto left = world.alice.store().read()->connection().integer(
        "SELECT count(*) FROM event WHERE account_id = 2");
    return left && left->value_or(99) <= 2;
  }));
  check_log();

  // An id is never used again.
  const auto third = answer<AccountId>([&](auto done) { engine.accounts().add(std::move(done)); });
  CHECK(*third == AccountId(3));
  world.alice.restart();
  CHECK(world.alice.engine().accounts().list()->size() == 2);
}

namespace {

constexpr const char* kRowsOfTwo = "SELECT count(*) FROM device_label WHERE account_id = 2";

// An account with 3,000 rows, of which a portion takes 500.
AccountId large_account(World& world) {
  Engine& engine = world.alice.engine();
  const auto added = answer<AccountId>([&](auto done) { engine.accounts().add(std::move(done)); });
  REQUIRE(world.alice.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    for (int i = 0; i < 3000; ++i) {
      EDGE_CHECK(tx.db().run(
          "INSERT INTO device_label(account_id, label_hash) VALUES(2, ?)",
          base::Bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}));
    }
    return {};
  }));
  return *added;
}

std::int64_t left(World& world) {
  return world.alice.store().read()->connection().integer(kRowsOfTwo)->value_or(-1);
}

}  // namespace

TEST_CASE("a large account is gone at once, and others write while its rows go") {
  World world;
  Engine& engine = world.alice.engine();
  const AccountId large = large_account(world);
  std::int64_t meanwhile = -1;
  REQUIRE(answer<void>([&](auto done) {
    engine.accounts().remove(large, [&, done = std::move(done)](base::Result<> removed) mutable {
      CHECK(removed);
      CHECK(engine.accounts().get(large).error().message == "account 2 not found");
      world.alice.store().write<void>(
          [&](store::Tx& tx) -> base::Result<> {
            EDGE_TRY(const auto rows, tx.db().integer(kRowsOfTwo));
            meanwhile = rows.value_or(-1);
            return {};
          },
          std::move(done));
    });
  }));
  CHECK(meanwhile > 0);
  CHECK(world.until([&] { return left(world) == 0; }));
  CHECK(world.until([&] {
    return world.alice.store().read()->connection().integer("SELECT count(*) FROM account") == 1;
  }));
}

TEST_CASE(
    "a removal that was cut off goes on after a restart, and nobody sees the account meanwhile") {
  World world;
  const AccountId large = large_account(world);
  // A file of it, which a crash left.
  std::string uuid;
  REQUIRE(world.alice.store().read()->connection().each(
      "SELECT lower(hex(uuid)) FROM account WHERE id = 2",
      [&](const store::Row& row) { uuid = row.text(0); }));
  const auto folder = std::filesystem::path(world.alice.dir()) / "blobs" / uuid;
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "left") << "sealed bytes";
  REQUIRE(world.alice.store().write_now<void>([large](store::Tx& tx) -> base::Result<> {
    EDGE_CHECK(store::begin_account_removal(tx.db(), large));
    EDGE_TRY(const bool more, store::delete_account_portion(tx.db(), large, 500));
    CHECK(more);
    return {};
  }));
  CHECK(left(world) > 0);
  world.alice.restart();
  CHECK(world.alice.engine().accounts().list()->size() == 1);
  CHECK(world.alice.engine().accounts().get(large).error().message == "account 2 not found");
  CHECK(world.until([&] { return left(world) == 0; }));
  CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("delivery of an account is switched off and on") {
  World world;
  Engine& engine = world.alice.engine();
  CHECK(engine.accounts().io_running(AccountId(1)));
  CHECK(*engine.accounts().connectivity(AccountId(1)) == 4000);
  REQUIRE(
      answer<void>([&](auto done) { engine.accounts().stop_io(AccountId(1), std::move(done)); }));
  CHECK_FALSE(engine.accounts().io_running(AccountId(1)));
  CHECK(*engine.accounts().connectivity(AccountId(1)) == 1000);
  CHECK(world.alice.events_of<ConnectivityChanged>().size() == 1);
  world.alice.restart();
  CHECK(world.alice.engine().accounts().io_running(AccountId(1)));
}

TEST_CASE("an unknown account is named in the error") {
  World world;
  const AccountId unknown(99);
  CHECK(world.alice.engine().accounts().get(unknown).error().message == "account 99 not found");
  CHECK(world.alice.engine().config().get(unknown, "addr").error().message ==
        "account 99 not found");
  CHECK(answer<MsgId>([&](auto done) {
          MessageDraft draft;
          draft.text = "x";
          world.alice.engine().messages().send(unknown, ChatId(10), draft, std::move(done));
        })
            .error()
            .message == "account 99 not found");
}
