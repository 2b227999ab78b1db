// Backups: an account that comes back is the account that went, on another gateway too, and talks
// on with everybody; what does not come whole changes nothing.
#include <filesystem>
#include <fstream>
#include <set>

#include "messaging/api/backups.h"
#include "store/backup/account_dump.h"
#include "store/backup/landing.h"
#include "store/schema/migrations.h"
#include "tests/messaging/filled_store.h"
#include "tests/messaging/talk.h"
#include "tests/support/source.h"

using namespace test;

namespace {

using base::Errc;
using Passphrase = std::optional<std::string>;

base::Result<> try_export(Peer& peer, const std::string& to, Passphrase passphrase) {
  return answer<void>([&](auto done) {
    peer.engine().backups().export_to(Peer::kAccount, to, std::move(passphrase), std::move(done));
  });
}

// The file's path.
std::string exported(Peer& peer, const TempDir& folder, Passphrase passphrase = "secret") {
  const auto done = try_export(peer, folder.path(), std::move(passphrase));
  if (!done) FAIL(done.error().message);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    return entry.path().string();
  }
  FAIL("no backup was written");
  return "";
}

base::Result<> imported(Peer& peer, const std::string& path, Passphrase passphrase = "secret") {
  return answer<void>([&](auto done) {
    peer.engine().backups().import_from(Peer::kAccount, path, std::move(passphrase),
                                        std::move(done));
  });
}

void must(const base::Result<>& done) {
  if (!done) FAIL(done.error().message);
}

std::int64_t count(Peer& peer, const std::string& sql) {
  auto reader = peer.store().read();
  REQUIRE(reader);
  return (*reader)->integer(sql)->value_or(-1);
}

// All that a gateway says of its account, but for the time of its making.
std::vector<std::string> everything(Peer& peer) {
  std::vector<std::string> all;
  Engine& engine = peer.engine();
  const AccountId account = Peer::kAccount;
  all.push_back(engine.accounts().get(account)->addr);
  all.push_back(engine.accounts().info(account)->at("fingerprint"));
  all.push_back(engine.accounts().info(account)->at("mailbox"));
  all.push_back(engine.config().get(account, "displayname")->value_or(""));
  const auto contacts = engine.contacts().ids(account, true, std::nullopt);
  REQUIRE(contacts);
  for (const ContactId id : *contacts) {
    const auto got = engine.contacts().get(account, id);
    REQUIRE(got);
    const Contact& contact = *got;
    all.push_back(std::to_string(id.value) + " " + contact.display_name + " " + contact.addr + " " +
                  contact.fingerprint + (contact.is_verified ? " verified" : ""));
  }
  const auto chats = engine.chats().list(account, {});
  REQUIRE(chats);
  for (const ChatId id : *chats) {
    const auto got = engine.chats().get(account, id);
    REQUIRE(got);
    const Chat& chat = *got;
    all.push_back(std::to_string(id.value) + " " + chat.name + " " +
                  std::to_string(chat.contacts.size()));
    const auto items = engine.messages().list(account, id, true, true);
    REQUIRE(items);
    for (const ListItem& item : *items) {
      if (item.message.value < 10) continue;  // the line of a day
      const Message message = peer.message(item.message);
      std::string line = std::to_string(item.message.value) + " " + message.text + " " +
                         std::to_string(static_cast<int>(message.state)) + " " +
                         std::to_string(message.sent_at);
      if (message.file) {
        line += " " + message.file->name;
        auto file = engine.files().open(account, item.message);
        if (file) line += " " + std::to_string(file->reader->size());
      }
      all.push_back(line);
    }
  }
  return all;
}

struct Home : Three {
  Home() : dora(network, clock, "dora") {
    group = make_group();
    MessageDraft draft;
    draft.text = "the plan";
    draft.file = files.file("plan.txt", std::string(300'000, 'p'));
    alice.send(alice_bob_at_alice(), draft);
    bob.send(alice_bob, "from bob");
    alice.set_config("displayname", "Alice at the plant");
    REQUIRE(until([&] { return bob.has_text("the plan") && alice.has_text("from bob"); }));
  }
  Peer dora;  // another gateway
  ChatId group;
  TempDir files;
  TempDir folder;
};

}  // namespace

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
  Home home;
  const auto before = everything(home.alice);
  const std::string file = exported(home.alice, home.folder);
  CHECK(home.alice.events_of<ImexFileWritten>().back().path == file);
  CHECK(home.alice.events_of<ImexProgress>().back().progress == 1000);
  CHECK(read_file(file).find("from bob") == std::string::npos);
  home.alice.stop();
  const auto finds = [&](const std::string& text) {
    const auto found = answer<std::vector<MsgId>>([&](auto done) {
      home.dora.engine().messages().search(Peer::kAccount, text, std::nullopt, std::move(done));
    });
    REQUIRE(found);
    return found->size();
  };
  CHECK(finds("from bob") == 0);

  must(imported(home.dora, file));
  CHECK(everything(home.dora) == before);
  CHECK(finds("from bob") == 1);
  CHECK(home.dora.events_of<ImexProgress>().back().progress == 1000);
  home.dora.restart();
  CHECK(everything(home.dora) == before);
  for (const auto& entry : std::filesystem::directory_iterator(home.dora.dir())) {
    CHECK_FALSE(entry.path().filename().string().starts_with("import-"));
  }
}

TEST_CASE("contacts notice nothing: they and a restored account talk on at its new address") {
  Home home;
  const ChatId bobs = home.alice_bob_at_alice();
  const std::string file = exported(home.alice, home.folder);
  home.alice.stop();
  must(imported(home.dora, file));
  CHECK(count(home.dora, "SELECT count(*) FROM session WHERE state = 1") == 0);
  home.bob.send(home.alice_bob, "to whoever you are");
  home.dora.send(bobs, "still me");
  REQUIRE(home.until([&] { return home.bob.has_text("still me"); }));
  REQUIRE(home.until([&] { return home.dora.has_text("to whoever you are"); }));
  home.carol.send(home.group_at(home.carol), "in the group");
  home.dora.send(home.group, "me too");
  REQUIRE(home.until([&] {
    return home.dora.has_text("in the group") && home.bob.has_text("me too") &&
           home.carol.has_text("me too");
  }));
  CHECK(home.until([&] { return count(home.dora, "SELECT count(*) FROM pending_session") == 0; }));
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
  Home home;
  home.network.set({.cut = true});
  home.alice.send(home.alice_bob_at_alice(), "waits");
  const std::string file = exported(home.alice, home.folder);
  home.alice.stop();
  must(imported(home.dora, file));
  home.network.set({});
  REQUIRE(home.until([&] { return home.bob.has_text("waits"); }));
  int times = 0;
  for (const std::string& text : home.bob.texts(home.alice_bob)) times += text == "waits" ? 1 : 0;
  CHECK(times == 1);
}

TEST_CASE(
    "a backup that is damaged, cut, of a newer version or whose passphrase is wrong changes"
    " nothing") {
  Home home;
  const std::string file = exported(home.alice, home.folder);
  home.alice.stop();
  const std::string whole = read_file(file);
  const auto before = everything(home.dora);
  const std::string fingerprint =
      home.dora.engine().accounts().info(Peer::kAccount)->at("fingerprint");
  const auto refused = [&](const std::string& content, Passphrase passphrase) {
    const std::string path = home.files.file("b" + std::to_string(content.size()), content);
    const auto done = imported(home.dora, path, std::move(passphrase));
    REQUIRE_FALSE(done);
    CHECK(everything(home.dora) == before);
    CHECK(home.dora.events_of<ImexProgress>().back().progress == 0);
    for (const auto& entry : std::filesystem::directory_iterator(home.dora.dir())) {
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
  must(imported(home.dora, file));
  CHECK(home.dora.engine().accounts().info(Peer::kAccount)->at("fingerprint") != fingerprint);
}

TEST_CASE("a profile that waited in a backup does not lead contacts back to the old address") {
  Home home;
  const ChatId bobs = home.alice_bob_at_alice();
  home.network.set({.cut = true});
  home.alice.set_config("displayname", "Alice at home");
  home.alice.send(bobs, "waits behind it");
  const std::string file = exported(home.alice, home.folder);
  home.alice.stop();
  must(imported(home.dora, file));
  home.network.set({});
  REQUIRE(home.until([&] { return home.bob.has_text("waits behind it"); }));
  home.bob.send(home.alice_bob, "to the new address");
  REQUIRE(home.until([&] { return home.dora.has_text("to the new address"); }));
}

TEST_CASE("a backup without a passphrase opens without one, and says so when one is given") {
  Home home;
  const std::string file = exported(home.alice, home.folder, std::nullopt);
  home.alice.stop();
  CHECK(imported(home.dora, file, "any").error().message.find("without a passphrase") !=
        std::string::npos);
  must(imported(home.dora, file, std::nullopt));
  CHECK(home.dora.has_text("from bob"));
}

TEST_CASE("an account in use takes no backup, nor does a gateway that has the account already") {
  Home home;
  const std::string file = exported(home.alice, home.folder);
  CHECK(imported(home.bob, file).error().message.find("accounts in use") != std::string::npos);
  const auto second =
      answer<AccountId>([&](auto done) { home.alice.engine().accounts().add(std::move(done)); });
  REQUIRE(second);
  const auto twice = answer<void>([&](auto done) {
    home.alice.engine().backups().import_from(*second, file, "secret", std::move(done));
  });
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message.find("here already, as account 1") != std::string::npos);
  CHECK(home.alice.engine().accounts().get(*second)->configured);
  CHECK(try_export(home.alice, home.alice.dir(), "x").error().code == Errc::forbidden);
  CHECK(try_export(home.alice, file, "x").error().code == Errc::already_exists);
}

TEST_CASE("an account that was removed comes back under another number of the same gateway") {
  Home home;
  const auto before = everything(home.alice);
  const std::string file = exported(home.alice, home.folder);
  const auto second =
      answer<AccountId>([&](auto done) { home.alice.engine().accounts().add(std::move(done)); });
  REQUIRE(second);
  must(answer<void>(
      [&](auto done) { home.alice.engine().accounts().remove(Peer::kAccount, std::move(done)); }));
  must(answer<void>([&](auto done) {
    home.alice.engine().backups().import_from(*second, file, "secret", std::move(done));
  }));
  CHECK(home.alice.engine().accounts().info(*second)->at("fingerprint") == before[1]);
  home.alice.restart();
  CHECK(home.alice.engine().accounts().info(*second)->at("fingerprint") == before[1]);
  CHECK(home.alice.engine().accounts().selected()->value() == *second);
}

TEST_CASE("every table of a backup comes back, but what belongs to sessions") {
  FilledStore filled;
  filled.alice.start();
  const TempDir folder;
  const std::string file = exported(filled.alice, folder);
  const auto counts = [](Peer& peer) {
    std::map<std::string, std::int64_t> found;
    auto reader = peer.store().read();
    REQUIRE(reader);
    std::vector<std::string> tables;
    REQUIRE((*reader)->each(
        "SELECT name FROM sqlite_schema AS t WHERE type = 'table' AND EXISTS (SELECT 1 FROM"
        " pragma_table_info(t.name) WHERE name = 'account_id')",
        [&](const store::Row& row) { tables.emplace_back(row.text(0)); }));
    for (const std::string& table : tables) {
      found[table] = (*reader)
                         ->integer("SELECT count(*) FROM " + table + " WHERE account_id = 1")
                         ->value_or(0);
    }
    return found;
  };
  const auto before = counts(filled.alice);
  filled.alice.stop();
  Peer dora(filled.network, filled.clock, "dora");
  dora.store().stop();
  dora.restart();
  must(imported(dora, file));
  const auto after = counts(dora);
  const std::set<std::string> left_out{
      "session",         "skipped_key", "pending_join", "parked_envelope", "transfer",
      "transfer_part",   "event",       "selection",    "account_key",     "account_import",
      "pending_session", "outbox",      "counter",      "deposit_token",   "route"};
  for (const auto& [table, rows] : before) {
    CAPTURE(table);
    if (left_out.contains(table)) continue;
    CHECK(rows > 0);
    // The epoch of the restored account's sessions is one more setting.
    CHECK(after.at(table) == rows + (table == "config" ? 1 : 0));
  }
  CHECK(after.at("skipped_key") == 0);
  CHECK(after.at("parked_envelope") == 0);
  CHECK(after.at("transfer") == 0);
  CHECK(after.at("outbox") > 0);
}

TEST_CASE("an import that fails in its last steps leaves the account that was there") {
  Home home;
  const std::string file = exported(home.alice, home.folder);
  home.alice.stop();
  const auto before = everything(home.dora);
  Peer& dora = home.dora;
  const auto id = [&] { return dora.engine().accounts().info(Peer::kAccount)->at("mailbox"); };
  const std::string mailbox = id();
  std::ifstream in(file, std::ios::binary);
  auto source = store::backup::RecordSource::open(
      [&](std::span<std::uint8_t> out) -> base::Result<std::size_t> {
        in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
        return static_cast<std::size_t>(in.gcount());
      },
      crypto::BackupKey::of_passphrase(base::as_bytes("secret")));
  REQUIRE(source);
  auto staged =
      store::backup::StagedAccount::read(dora.dir(), *source, store::migrations(), {}, nullptr);
  REQUIRE(staged);
  const auto begin = [&] {
    return dora.store().write_now<void>([&](store::Tx& tx) {
      return store::backup::begin_landing(tx, Peer::kAccount, (*staged)->head());
    });
  };
  must(begin());
  must(store::backup::land_files(dora.store(), **staged));
  std::stop_source stop;
  const auto landed =
      store::backup::land_rows(dora.store(), Peer::kAccount, **staged, stop.get_token(),
                               [&](std::uint64_t done, std::uint64_t all) {
                                 if (done > all / 2) stop.request_stop();
                               });
  REQUIRE_FALSE(landed);
  CHECK(landed.error().code == Errc::unavailable);
  // The process dies here: the next start brings back what was there.
  const store::Uuid comes = (*staged)->head().uuid;
  dora.stop();
  staged->reset();
  dora.start();
  CHECK(everything(dora) == before);
  CHECK(id() == mailbox);
  CHECK(count(dora, "SELECT count(*) FROM account_import") == 0);
  CHECK_FALSE(std::filesystem::exists(dora.store().blobs().account_dir(comes)));
  must(imported(dora, file));
  CHECK(dora.has_text("from bob"));
}

TEST_CASE("an account of an older schema in a backup is brought to this one") {
  World world;
  world.alice.stop();
  const TempDir unpacked;
  const std::string tar = source_path("tests/data/store-schema-13.tar.gz");
  const std::string command = "tar -xzf '" + tar + "' -C '" + unpacked.path() + "'";
  REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c): a fixed command
  const std::string file = unpacked.path() + "/old.pvebak";
  auto old = store::Store::open({.dir = unpacked.path() + "/alice",
                                 .migrations = store::migrations().first(13),
                                 .clock = &world.clock});
  REQUIRE(old);
  store::AccountRow row;
  {
    auto reader = (*old)->read();
    REQUIRE(reader);
    row = store::list_accounts(**reader, (*old)->vault())->rows.front();
  }
  auto sealer = crypto::BackupSealer::start({}, crypto::kMinPassphraseCost);
  REQUIRE(sealer);
  std::ofstream out(file, std::ios::binary);
  store::backup::RecordSink sink(*std::move(sealer), [&](base::ByteView bytes) -> base::Result<> {
    out << base::as_text(bytes);
    return {};
  });
  must(store::backup::dump_account(**old, row, "0.9", sink, {}, nullptr));
  must(sink.finish());
  out.close();
  old->reset();
  must([&]() -> base::Result<> {
    Peer dora(world.network, world.clock, "dora");
    EDGE_CHECK(imported(dora, file, std::nullopt));
    CHECK(dora.texts(ChatId(12)) == std::vector<std::string>{"Pump 3 runs very hot", "Stopped it",
                                                             "see the plan", "waits for Bob"});
    CHECK(dora.texts(ChatId(14)) == std::vector<std::string>{"Hello both", "Carol in the group"});
    return {};
  }());
}

// EDGE_CORPUS=tests/fuzz/corpus messaging_tests "[backup-corpus]"
TEST_CASE("writes backup_fuzz", "[.][backup-corpus]") {
  const char* root = std::getenv("EDGE_CORPUS");
  REQUIRE(root != nullptr);
  const std::string target = std::string(root) + "/backup_fuzz";
  std::filesystem::create_directories(target);
  World world;
  const TempDir folder;
  const std::string file = read_file(exported(world.alice, folder, std::nullopt));
  const base::ByteView sealed = base::as_bytes(file);
  auto opener = crypto::BackupOpener::start(sealed.first(crypto::kBackupHead), {});
  REQUIRE(opener);
  std::string records;
  for (base::ByteView rest = sealed.subspan(crypto::kBackupHead); !opener->ended();) {
    const std::size_t size = std::min(rest.size(), crypto::kBackupChunk + crypto::kBackupOverhead);
    const auto plain = opener->open(rest.first(size));
    REQUIRE(plain);
    records += base::as_text(*plain);
    rest = rest.subspan(size);
  }
  const auto write = [&](const std::string& name, char mode, const std::string& rest) {
    std::ofstream(target + "/" + name, std::ios::binary) << mode << rest;
  };
  write("file", 0, file);
  write("file-cut", 0, file.substr(0, file.size() - 1));
  write("records", 1, records);
  write("records-cut", 1, records.substr(0, records.size() / 2));
  write("records-longer", 1, records + records.substr(records.size() - 21));
  write("flipped", 2, records.substr(0, 300));
  write("head", 0, file.substr(0, crypto::kBackupHead));
  write("nothing", 1, "");
}
