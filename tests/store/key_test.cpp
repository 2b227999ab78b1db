
#include "crypto/init.h"
#include "store/key_source.h"
#include "store/master_key.h"
#include "tests/store/world.h"

using namespace store;
using base::Errc;
using test::must;

namespace {

// All files of a folder with their content, but for what opening a database to look at it may
// leave.
std::map<std::string, std::string> contents(const std::string& dir) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "lock" || name == "store.db-shm") continue;
    if (name == "store.db-wal" && entry.file_size() == 0) continue;
    out[name] = test::slurp(entry.path().string());
  }
  return out;
}

void make_store_with_a_note(test::World& world, StoreOptions options) {
  world.open(std::move(options));
  must(world.add_note(1));
  world.store.reset();
}

}  // namespace

TEST_CASE("the first start makes a key file for the owner alone, the next finds it") {
  test::World world;
  world.open();
  const auto mode = std::filesystem::status(world.dir / "master.key").permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const std::string key = test::slurp(world.dir / "master.key");
  must(world.add_note(1));
  world.store.reset();
  world.open();
  CHECK(world.count_notes() == 1);
  CHECK(test::slurp(world.dir / "master.key") == key);
}

TEST_CASE("a wrong key is refused by name and nothing is touched") {
  test::World world;
  make_store_with_a_note(world, world.options());
  must(crypto::init());
  must(make_key_file(world.dir / "other.key"));
  const auto before = contents(world.dir.path());
  auto options = world.options();
  options.key = KeyFile{world.dir / "other.key"};
  const auto error = world.refusal(options);
  CHECK(error.code == Errc::forbidden);
  CHECK(error.message.find("other.key") != std::string::npos);
  CHECK(error.message.find("--key-file") != std::string::npos);
  options.key = PassphraseFile{world.dir / "other.key"};
  CHECK(world.refusal(options).code == Errc::forbidden);
  CHECK(contents(world.dir.path()) == before);
  world.open();
  CHECK(world.count_notes() == 1);
}

TEST_CASE("a store whose key file is gone stays closed and no new key is made") {
  test::World world;
  make_store_with_a_note(world, world.options());
  std::filesystem::rename(world.dir / "master.key", world.dir / "away");
  const auto before = contents(world.dir.path());
  const auto error = world.refusal(world.options());
  CHECK(error.code == Errc::forbidden);
  CHECK(error.message.find("master.key") != std::string::npos);
  CHECK(contents(world.dir.path()) == before);
  std::filesystem::rename(world.dir / "away", world.dir / "master.key");
  world.open();
}

TEST_CASE("a key file that holds no key is distinguished") {
  test::World world;
  make_store_with_a_note(world, world.options());
  for (const std::string content : {"", "short", "!!!", "\n"}) {
    test::spit(world.dir / "bad.key", content);
    auto options = world.options();
    options.key = KeyFile{world.dir / "bad.key"};
    CHECK(world.refusal(options).code == Errc::invalid_argument);
  }
  test::spit(world.dir / "bad.key", std::string(10'000, 'a'));
  auto options = world.options();
  options.key = KeyFile{world.dir / "bad.key"};
  CHECK(world.refusal(options).code == Errc::invalid_argument);
  options.key = KeyFile{world.dir.path()};
  CHECK(world.refusal(options).code == Errc::invalid_argument);
}

TEST_CASE("a key is read without what editors put around it") {
  test::World world;
  const std::string key(64, 'a');
  test::spit(world.dir / "key", key + "\n");
  const auto plain = store::read_key_file(world.dir / "key");
  REQUIRE(plain);
  for (const std::string& content : {"\xef\xbb\xbf" + key + "\r\n", key + " \t\r\n", key}) {
    test::spit(world.dir / "key", content);
    const auto read = store::read_key_file(world.dir / "key");
    REQUIRE(read);
    CHECK(*read == *plain);
  }
  // A passphrase may hold anything, and stores were made with what they held.
  test::spit(world.dir / "phrase", "\xef\xbb\xbfpass \r\n");
  CHECK(base::as_text(*store::read_passphrase_file(world.dir / "phrase")) == "\xef\xbb\xbfpass ");
}

TEST_CASE("a key in hex, made by the operator and reached through a link, is good") {
  test::World world;
  test::spit(world.dir / "secret", std::string(64, 'a') + "\n");
  std::filesystem::create_symlink("secret", world.dir / "link");
  auto options = world.options();
  options.key = KeyFile{world.dir / "link"};
  options.expected_names = {"secret"};
  make_store_with_a_note(world, options);
  world.open(options);
  CHECK_FALSE(std::filesystem::exists(world.dir / "master.key"));
}

TEST_CASE("a passphrase opens the store, another does not, an empty one is refused") {
  test::World world;
  auto options = world.options();
  options.key = PassphraseFile{world.dir / "phrase", crypto::kMinPassphraseCost};
  CHECK(world.refusal(options).code == Errc::not_found);
  CHECK_FALSE(std::filesystem::exists(world.dir / "master.key"));
  test::spit(world.dir / "phrase", "\n");
  CHECK(world.refusal(options).code == Errc::invalid_argument);
  test::spit(world.dir / "phrase", "correct horse\n");
  make_store_with_a_note(world, options);
  world.open(options);
  world.store.reset();
  test::spit(world.dir / "phrase", "wrong horse\n");
  CHECK(world.refusal(options).code == Errc::forbidden);
}

TEST_CASE("a start that died between key file and store is made good by the next") {
  test::World world;
  must(crypto::init());
  must(make_key_file(world.dir / "master.key"));
  const std::string key = test::slurp(world.dir / "master.key");
  world.open();
  CHECK(test::slurp(world.dir / "master.key") == key);
}

TEST_CASE("rekey moves between key files and passphrases, and the old source is out") {
  test::World world;
  make_store_with_a_note(world, world.options());
  test::spit(world.dir / "phrase", "correct horse");
  const KeySource phrase = PassphraseFile{world.dir / "phrase", crypto::kMinPassphraseCost};
  const KeySource second = KeyFile{world.dir / "second.key"};
  auto options = world.options();

  must(rekey(world.dir.path(), KeyFile{}, phrase, world.clock));
  CHECK(world.refusal(world.options()).code == Errc::forbidden);
  options.key = phrase;
  world.open(options);
  CHECK(world.count_notes() == 1);
  world.store.reset();

  must(rekey(world.dir.path(), phrase, second, world.clock));
  CHECK(world.refusal(options).code == Errc::forbidden);
  options.key = second;
  world.open(options);
  CHECK(world.count_notes() == 1);
}

TEST_CASE("rekey replaces the key file in place") {
  test::World world;
  make_store_with_a_note(world, world.options());
  const std::string before = test::slurp(world.dir / "master.key");
  must(rekey(world.dir.path(), KeyFile{}, KeyFile{}, world.clock));
  const std::string after = test::slurp(world.dir / "master.key");
  CHECK(after != before);
  CHECK_FALSE(std::filesystem::exists(world.dir / "master.key.new"));
  world.open();
  CHECK(world.count_notes() == 1);
  world.store.reset();
  test::spit(world.dir / "master.key", before);
  CHECK(world.refusal(world.options()).code == Errc::forbidden);
}

TEST_CASE("a rekey that dies at any step leaves a store that one of the keys opens") {
  for (int stop_at = 0; stop_at < 4; ++stop_at) {
    for (const bool in_place : {true, false}) {
      test::World world;
      make_store_with_a_note(world, world.options());
      const KeySource to = in_place ? KeyFile{} : KeyFile{world.dir / "new.key"};
      int step = 0;
      const auto died = rekey(world.dir.path(), KeyFile{}, to, world.clock,
                              [&](std::string_view) -> base::Result<> {
                                if (step++ == stop_at) return base::fail(Errc::internal, "died");
                                return {};
                              });
      REQUIRE_FALSE(died);
      CHECK(died.error().message == "died");
      auto options = world.options();
      auto opened = Store::open(options);
      if (!opened) {
        options.key = to;
        opened = Store::open(options);
      }
      REQUIRE(opened);
      world.store = *std::move(opened);
      CHECK(world.count_notes() == 1);
      world.store.reset();
      // Doing it again completes it.
      must(rekey(world.dir.path(), options.key, to, world.clock));
      options.key = to;
      world.open(options);
      CHECK(world.count_notes() == 1);
    }
  }
}

TEST_CASE("rekey with a wrong key and on a store in use is refused") {
  test::World world;
  make_store_with_a_note(world, world.options());
  must(make_key_file(world.dir / "other.key"));
  const auto before = contents(world.dir.path());
  const auto wrong =
      rekey(world.dir.path(), KeyFile{world.dir / "other.key"}, KeyFile{}, world.clock);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::forbidden);
  CHECK(contents(world.dir.path()) == before);
  world.open();
  const auto used = rekey(world.dir.path(), KeyFile{}, KeyFile{}, world.clock);
  REQUIRE_FALSE(used);
  CHECK(used.error().code == Errc::unavailable);
}
