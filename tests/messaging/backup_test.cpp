// Backups: an account that comes back is the account that went, on another gateway too, and talks
// on with everybody; what does not come whole changes nothing.
#include <filesystem>
#include <fstream>

#include "tests/messaging/backup_world.h"
#include "tests/messaging/talk.h"

using namespace test;
using base::Errc;

TEST_CASE("a backup is written into the folder that a path leads to, and is named by that") {
  World world;
  const TempDir folder;
  const std::filesystem::path real = std::filesystem::canonical(folder.path());
  std::filesystem::create_directories(real / "a" / "b");
  std::filesystem::create_directory_symlink(real / "a" / "b", real / "link");
  const auto lands_in = [&](const std::string& to) {
    const auto done = try_export(world.alice, to, "secret");
    if (!done) FAIL(done.error().message);
    const std::filesystem::path written = world.alice.events_of<ImexFileWritten>().back().path;
    CHECK(std::filesystem::is_regular_file(written));
    return written.parent_path();
  };
  CHECK(lands_in((real / "a" / "..").string()) == real);
  CHECK(lands_in((real / "link" / "..").string()) == real / "a");
  CHECK(lands_in(real.string() + "/a/") == real / "a");
  CHECK(try_export(world.alice, (real / "none" / "..").string(), "secret").error().code ==
        Errc::invalid_argument);
}

TEST_CASE("an account in a backup comes back on another gateway with everything in it") {
  BackupWorld world;
  const auto before = everything(world.alice);
  const std::string file = exported(world.alice, world.folder);
  CHECK(world.alice.events_of<ImexFileWritten>().back().path == file);
  CHECK(world.alice.events_of<ImexProgress>().back().progress == 1000);
  CHECK(read_file(file).find("from bob") == std::string::npos);
  world.alice.stop();
  const auto finds = [&](const std::string& text) {
    const auto found = answer<std::vector<MsgId>>([&](auto done) {
      world.dora.engine().messages().search(Peer::kAccount, text, std::nullopt, std::move(done));
    });
    REQUIRE(found);
    return found->size();
  };
  CHECK(finds("from bob") == 0);

  must(imported(world.dora, file));
  CHECK(everything(world.dora) == before);
  CHECK(finds("from bob") == 1);
  CHECK(world.dora.events_of<ImexProgress>().back().progress == 1000);
  world.dora.restart();
  CHECK(everything(world.dora) == before);
  for (const auto& entry : std::filesystem::directory_iterator(world.dora.dir())) {
    CHECK_FALSE(entry.path().filename().string().starts_with("import-"));
  }
}

TEST_CASE("contacts notice nothing: they and a restored account talk on at its new address") {
  BackupWorld world;
  const ChatId bobs = world.alice_bob_at_alice();
  const std::string file = exported(world.alice, world.folder);
  world.alice.stop();
  must(imported(world.dora, file));
  CHECK(count(world.dora, "SELECT count(*) FROM session WHERE state = 1") == 0);
  world.bob.send(world.alice_bob, "to whoever you are");
  world.dora.send(bobs, "still me");
  REQUIRE(world.until([&] { return world.bob.has_text("still me"); }));
  REQUIRE(world.until([&] { return world.dora.has_text("to whoever you are"); }));
  world.carol.send(world.group_at(world.carol), "in the group");
  world.dora.send(world.group, "me too");
  REQUIRE(world.until([&] {
    return world.dora.has_text("in the group") && world.bob.has_text("me too") &&
           world.carol.has_text("me too");
  }));
  CHECK(
      world.until([&] { return count(world.dora, "SELECT count(*) FROM pending_session") == 0; }));
}

TEST_CASE("a backup that is older than what contacts have seen uses no session of its time") {
  Talk talk;
  TempDir folder;
  talk.alice_sends(3);
  talk.bob_sends(3);
  REQUIRE(talk.arrived());
  const std::string file = exported(talk.world.alice, folder);
  talk.alice_sends(3);  // which the backup does not know
  talk.bob_sends(3);
  REQUIRE(talk.arrived());
  // Bob has receipts for all, so that what the restored account lacks is lost to it.
  REQUIRE(talk.world.until(
      [&] { return count(talk.world.bob, "SELECT count(*) FROM outbox WHERE kind = 3") == 0; }));
  const auto at_bob = said(talk.world.bob, talk.bobs, 'a');
  talk.world.alice.stop();

  Peer again(talk.world.network, talk.world.clock, "again");
  must(imported(again, file));
  CHECK(count(again, "SELECT count(*) FROM session WHERE state = 1") == 0);
  CHECK(count(again, "SELECT count(*) FROM skipped_key") == 0);
  CHECK(said(again, talk.alices, 'a') == numbered("a", 0, 3));
  again.send(talk.alices, "a6");
  talk.bob_sends(1);
  REQUIRE(talk.world.until(
      [&] { return said(talk.world.bob, talk.bobs, 'a').size() == 7 && again.has_text("b6"); }));
  // Nothing came twice, and what came last stands last.
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, 7));
  CHECK(at_bob == numbered("a", 0, 6));
  // A message that Bob sends again is one that is known.
  CHECK(said(again, talk.alices, 'b') == std::vector<std::string>{"b0", "b1", "b2", "b6"});
}

TEST_CASE("what waits to be sent is in a backup and is sent once by the account that came back") {
  BackupWorld world;
  world.network.set({.cut = true});
  world.alice.send(world.alice_bob_at_alice(), "waits");
  const std::string file = exported(world.alice, world.folder);
  world.alice.stop();
  must(imported(world.dora, file));
  world.network.set({});
  REQUIRE(world.until([&] { return world.bob.has_text("waits"); }));
  int times = 0;
  for (const std::string& text : world.bob.texts(world.alice_bob)) times += text == "waits" ? 1 : 0;
  CHECK(times == 1);
}

TEST_CASE(
    "a backup that is damaged, cut, of a newer version or whose passphrase is wrong changes"
    " nothing") {
  BackupWorld world;
  const std::string file = exported(world.alice, world.folder);
  world.alice.stop();
  const std::string whole = read_file(file);
  const auto before = everything(world.dora);
  const std::string fingerprint =
      world.dora.engine().accounts().info(Peer::kAccount)->at("fingerprint");
  const auto refused = [&](const std::string& content, Passphrase passphrase) {
    const std::string path = world.files.file("b" + std::to_string(content.size()), content);
    const auto done = imported(world.dora, path, std::move(passphrase));
    REQUIRE_FALSE(done);
    CHECK(everything(world.dora) == before);
    CHECK(world.dora.events_of<ImexProgress>().back().progress == 0);
    for (const auto& entry : std::filesystem::directory_iterator(world.dora.dir())) {
      CHECK_FALSE(entry.path().filename().string().starts_with("import-"));
    }
    std::filesystem::remove(path);
    return done.error();
  };
  const base::Error wrong = refused(whole, "other");
  CHECK(wrong.code == Errc::sealed);
  CHECK(wrong.message.find("passphrase is wrong, or the file is damaged") != std::string::npos);
  CHECK(refused(whole, std::nullopt).code == Errc::invalid_argument);
  CHECK(refused(whole.substr(0, whole.size() - 1), "secret").code == Errc::sealed);
  CHECK(refused(whole.substr(0, whole.size() / 2), "secret").message.find("damaged") !=
        std::string::npos);
  CHECK(refused(whole.substr(0, 56 + 65553), "secret").message.find("damaged") !=
        std::string::npos);
  CHECK(refused(whole + "x", "secret").message.find("damaged") != std::string::npos);
  CHECK(refused("no backup at all", "secret").code == Errc::invalid_argument);
  CHECK(refused("", "secret").code == Errc::invalid_argument);
  std::string changed = whole;
  changed[whole.size() / 2] = static_cast<char>(changed[whole.size() / 2] ^ 1);
  CHECK(refused(changed, "secret").code == Errc::sealed);
  std::string newer = whole;
  newer[6] = 9;
  CHECK(refused(newer, "secret").message.find("newer version") != std::string::npos);
  must(imported(world.dora, file));
  CHECK(world.dora.engine().accounts().info(Peer::kAccount)->at("fingerprint") != fingerprint);
}

TEST_CASE("a profile that waited in a backup does not lead contacts back to the old address") {
  BackupWorld world;
  const ChatId bobs = world.alice_bob_at_alice();
  world.network.set({.cut = true});
  world.alice.set_config("displayname", "Alice at home");
  world.alice.send(bobs, "waits behind it");
  const std::string file = exported(world.alice, world.folder);
  world.alice.stop();
  must(imported(world.dora, file));
  world.network.set({});
  REQUIRE(world.until([&] { return world.bob.has_text("waits behind it"); }));
  world.bob.send(world.alice_bob, "to the new address");
  REQUIRE(world.until([&] { return world.dora.has_text("to the new address"); }));
}

TEST_CASE("a backup without a passphrase opens without one, and says so when one is given") {
  BackupWorld world;
  const std::string file = exported(world.alice, world.folder, std::nullopt);
  world.alice.stop();
  CHECK(imported(world.dora, file, "any").error().message.find("without a passphrase") !=
        std::string::npos);
  must(imported(world.dora, file, std::nullopt));
  CHECK(world.dora.has_text("from bob"));
}

TEST_CASE("an account in use takes no backup, nor does a gateway that has the account already") {
  BackupWorld world;
  const std::string file = exported(world.alice, world.folder);
  CHECK(imported(world.bob, file).error().message.find("accounts in use") != std::string::npos);
  const auto second =
      answer<AccountId>([&](auto done) { world.alice.engine().accounts().add(std::move(done)); });
  REQUIRE(second);
  const auto twice = answer<void>([&](auto done) {
    world.alice.engine().backups().import_from(*second, file, "secret", std::move(done));
  });
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message.find("here already, as account 1") != std::string::npos);
  CHECK(world.alice.engine().accounts().get(*second)->configured);
  CHECK(try_export(world.alice, world.alice.dir(), "x").error().code == Errc::forbidden);
  CHECK(try_export(world.alice, file, "x").error().code == Errc::already_exists);
}

TEST_CASE("an account that was removed comes back under another number of the same gateway") {
  BackupWorld world;
  const auto before = everything(world.alice);
  const std::string file = exported(world.alice, world.folder);
  const auto second =
      answer<AccountId>([&](auto done) { world.alice.engine().accounts().add(std::move(done)); });
  REQUIRE(second);
  must(answer<void>(
      [&](auto done) { world.alice.engine().accounts().remove(Peer::kAccount, std::move(done)); }));
  must(answer<void>([&](auto done) {
    world.alice.engine().backups().import_from(*second, file, "secret", std::move(done));
  }));
  CHECK(world.alice.engine().accounts().info(*second)->at("fingerprint") == before[1]);
  world.alice.restart();
  CHECK(world.alice.engine().accounts().info(*second)->at("fingerprint") == before[1]);
  CHECK(world.alice.engine().accounts().selected()->value() == *second);
}
