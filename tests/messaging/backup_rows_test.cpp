// The rows of a backup: every table comes back, those of an older schema are brought to this one,
// and rows that stop in the middle of an import leave what was there.
#include <filesystem>
#include <fstream>
#include <set>

#include "store/backup/account_dump.h"
#include "store/backup/landing.h"
#include "store/schema/migrations.h"
#include "tests/messaging/backup_world.h"
#include "tests/messaging/filled_store.h"
#include "tests/support/source.h"

using namespace test;
using base::Errc;

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
  BackupWorld world;
  const std::string file = exported(world.alice, world.folder);
  world.alice.stop();
  const auto before = everything(world.dora);
  Peer& dora = world.dora;
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
