// MACs of rows: what they cover, who makes them, and what a later step may add.
#include "store/row_macs.h"

#include "tests/store/world.h"
#include "tests/support/faulty_vfs.h"

using namespace test;

namespace {

constexpr const char* kPets =
    "CREATE TABLE pet(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT, tag BLOB,"
    " sealed BLOB NOT NULL DEFAULT x'') STRICT;"
    "CREATE TABLE place(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT) STRICT;";
constexpr const char* kMacs =
    "ALTER TABLE pet ADD COLUMN mac BLOB NOT NULL DEFAULT x'00';"
    "ALTER TABLE place ADD COLUMN mac BLOB NOT NULL DEFAULT x'00';"
    "ALTER TABLE counter ADD COLUMN mac BLOB NOT NULL DEFAULT x'00';";
constexpr std::array kOld{store::Migration{1, "pets", kPets}};
constexpr std::array kNow{store::Migration{1, "pets", kPets}, store::Migration{2, "MACs", kMacs}};
constexpr std::array kLater{store::Migration{1, "pets", kPets}, store::Migration{2, "MACs", kMacs},
                            store::Migration{3, "age",
                                             "ALTER TABLE pet ADD COLUMN age INTEGER NOT"
                                             " NULL DEFAULT 3"}};

// A step that takes a column away, and makes a row of a new table of each pet.
base::Result<> move_tags(store::Connection& db, const store::Vault&) {
  EDGE_CHECK(db.run("INSERT INTO tag(pet, tag, mac) SELECT id, coalesce(tag, x''), mac FROM pet"));
  return {};
}
constexpr std::array kMoved{
    store::Migration{1, "pets", kPets}, store::Migration{2, "MACs", kMacs},
    store::Migration{3, "tags",
                     "CREATE TABLE tag(pet INTEGER PRIMARY KEY, tag BLOB NOT NULL,"
                     " mac BLOB NOT NULL DEFAULT x'00') STRICT",
                     move_tags, "ALTER TABLE pet DROP COLUMN tag"}};

struct Pets : World {
  store::StoreOptions with(std::span<const store::Migration> steps) {
    auto out = options();
    out.migrations = steps;
    return out;
  }
  base::Result<> write(std::string sql) {
    return store->write_now<void>([sql](store::Tx& tx) -> base::Result<> {
      EDGE_CHECK(tx.db().run(sql));
      return {};
    });
  }
  std::int64_t number(const std::string& sql) {
    auto reader = must(store->read());
    return must(reader->integer(sql)).value_or(-1);
  }
  std::int64_t intact() { return number("SELECT count(*) FROM checked_pet WHERE intact"); }
  // By another program, which has no key and no triggers.
  void outside(const std::string& sql) {
    store.reset();
    must(must(store::Connection::open(dir / "store.db"))->script(sql));
  }
};

}  // namespace

TEST_CASE("a row that the store wrote is intact, and one that another program wrote is not") {
  Pets pets;
  pets.open(pets.with(kNow));
  REQUIRE(pets.write("INSERT INTO pet(id,kind,name,tag) VALUES(1,2,'Rex',x'01'),(2,2,NULL,NULL)"));
  REQUIRE(pets.write("INSERT INTO place(id,kind,name) VALUES(1,2,'Rex')"));
  CHECK(pets.intact() == 2);
  REQUIRE(pets.write("UPDATE pet SET kind = 3 WHERE id = 1"));
  CHECK(pets.intact() == 2);
  const std::string change =
      GENERATE(as<std::string>{}, "UPDATE pet SET kind = 2 WHERE id = 1",
               "UPDATE pet SET name = '' WHERE id = 1", "UPDATE pet SET tag = x'' WHERE id = 1",
               "UPDATE pet SET sealed = x'01' WHERE id = 1", "UPDATE pet SET id = 7 WHERE id = 1",
               "UPDATE pet SET mac = (SELECT mac FROM place) WHERE id = 1",
               "UPDATE pet SET mac = x'' WHERE id = 1");
  INFO(change);
  pets.outside(change);
  pets.open(pets.with(kNow));
  CHECK(pets.intact() == 1);
  // What the store writes into the row later does not make it good.
  REQUIRE(pets.write("UPDATE pet SET kind = 5"));
  CHECK(pets.intact() == 1);
}

TEST_CASE("a MAC is of the table's name and of each column's name, kind and value") {
  Pets pets;
  pets.open(pets.with(kNow));
  REQUIRE(pets.write("INSERT INTO pet(id,kind,name,tag,sealed) VALUES(1,-2,'Rex',NULL,x'" +
                     std::string(60, 'a') + "')"));
  std::string text = "\3pet";
  text += std::string("\2idi\0\0\0\0\0\0\0\1", 12);
  text += "\4kindi\xff\xff\xff\xff\xff\xff\xff\xfe";
  text += std::string("\4namet\0\0\0\3Rex", 13);
  text += std::string("\6sealedb\0\0\0\x19", 12) + std::string(25, '\xaa');
  const store::Vault& vault = pets.store->vault();
  const auto expected = vault.lookup(vault.store_wide(), "row mac", base::as_bytes(text));
  auto reader = must(pets.store->read());
  const auto mac = must(reader->one<base::Bytes>(
      "SELECT mac FROM pet", [](const store::Row& row) { return row.bytes(0); }));
  CHECK(mac == base::to_bytes(base::ByteView(expected)));
}

TEST_CASE("rows from before the MACs get them in the step's transaction") {
  Pets pets;
  pets.open(pets.with(kOld));
  REQUIRE(pets.write("INSERT INTO pet(id,kind,name) VALUES(1,2,'Rex'),(-5,1,'Old')"));
  pets.store.reset();
  pets.open(pets.with(kNow));
  CHECK(pets.intact() == 2);
}

TEST_CASE("a first start that dies anywhere leaves what the next start finishes") {
  std::uint64_t operations = 1;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    FaultyVfs vfs;
    Pets pets;
    auto options = pets.with(kLater);
    options.vfs = vfs.name();
    vfs.cut_power_at(at);
    (void)store::Store::open(options);
    if (vfs.power_is_cut()) operations = at + 1;
    vfs.cut_power();
    vfs.lose_unsynced(at);
    INFO("died at operation " << at);
    pets.open(options);
    REQUIRE(pets.write("INSERT INTO pet(id,kind) VALUES(1,2)"));
    CHECK(pets.intact() == 1);
  }
  CHECK(operations > 10);
}

TEST_CASE("a column that comes later leaves the rows intact, and is covered") {
  Pets pets;
  pets.open(pets.with(kNow));
  REQUIRE(pets.write("INSERT INTO pet(id,kind) VALUES(1,2)"));
  pets.store.reset();
  pets.open(pets.with(kLater));
  REQUIRE(pets.write("INSERT INTO pet(id,kind,age) VALUES(2,2,9)"));
  CHECK(pets.intact() == 2);
  pets.outside("UPDATE pet SET age = 4");
  pets.open(pets.with(kLater));
  CHECK(pets.intact() == 0);
}

TEST_CASE(
    "a step that moves rows keeps the intact ones so, and takes none that was changed for good") {
  Pets pets;
  pets.open(pets.with(kNow));
  REQUIRE(pets.write("INSERT INTO pet(id,kind,tag) VALUES(1,2,x'01'),(2,2,x'02'),(3,2,NULL)"));
  REQUIRE(pets.write("INSERT INTO place(id,kind) VALUES(1,1)"));
  pets.outside("UPDATE pet SET tag = x'03' WHERE id = 1; UPDATE pet SET mac = x'01' WHERE id = 2");
  pets.open(pets.with(kMoved));
  CHECK(pets.number("SELECT count(*) FROM tag") == 3);
  CHECK(pets.number("SELECT sum(id) FROM checked_pet WHERE intact") == 3);
  CHECK(pets.number("SELECT sum(pet) FROM checked_tag WHERE intact") == 3);
  CHECK(pets.number("SELECT count(*) FROM checked_place WHERE intact") == 1);
  REQUIRE(pets.write("UPDATE pet SET kind = 5"));
  CHECK(pets.intact() == 1);
  // A new store comes to the same by the same steps.
  Pets fresh;
  fresh.open(fresh.with(kMoved));
  REQUIRE(fresh.write("INSERT INTO tag(pet,tag) VALUES(1,x'01')"));
  CHECK(fresh.number("SELECT count(*) FROM checked_tag WHERE intact") == 1);
}

TEST_CASE("what stands in the file's schema does not run, and is refused") {
  Pets pets;
  pets.open(pets.with(kNow));
  REQUIRE(pets.write("INSERT INTO pet(id,kind) VALUES(1,2)"));
  pets.outside("CREATE TRIGGER t AFTER INSERT ON place BEGIN UPDATE pet SET kind = 9; END");
  CHECK(pets.refusal(pets.with(kNow)).message.find("changed by another program") !=
        std::string::npos);
  auto db = must(store::Connection::open(pets.dir / "store.db"));
  REQUIRE(db->run("INSERT INTO place(id,kind) VALUES(1,1)"));
  CHECK(must(db->integer("SELECT kind FROM pet")) == 2);
}

TEST_CASE("a store with MACs that is made to look like one without is refused") {
  Pets pets;
  pets.open(pets.with(kNow));
  pets.outside(
      "ALTER TABLE pet DROP COLUMN mac; ALTER TABLE place DROP COLUMN mac;"
      "ALTER TABLE counter DROP COLUMN mac; PRAGMA user_version=1");
  CHECK(pets.refusal(pets.with(kNow)).message.find("older schema") != std::string::npos);
}

TEST_CASE("a counter that was changed or is lost goes on behind what is stored") {
  Pets pets;
  constexpr std::array kNumbered{
      store::Migration{1, "pets", kPets}, store::Migration{2, "MACs", kMacs},
      store::Migration{3, "boxes",
                       "CREATE TABLE box(account_id INTEGER NOT NULL, id INTEGER NOT"
                       " NULL, PRIMARY KEY(account_id,id)) STRICT"}};
  pets.open(pets.with(kNumbered));
  const auto next = [&] {
    return must(
        pets.store->write_now<std::int64_t>([](store::Tx& tx) -> base::Result<std::int64_t> {
          EDGE_TRY(const std::int64_t id, tx.next_id(base::AccountId(1), "box", 10));
          EDGE_CHECK(tx.db().run("INSERT INTO box(account_id,id) VALUES(1,?)", id));
          EDGE_TRY(const auto event, tx.append_event({}, 1, {}));
          (void)event;
          return id;
        }));
  };
  CHECK(next() == 10);
  CHECK(next() == 11);
  const auto newest = must(pets.store->newest_event());
  const std::string change = GENERATE(
      as<std::string>{}, "UPDATE counter SET value = 3", "DELETE FROM counter WHERE name = 'box'",
      "UPDATE counter SET name = name || 'x'", "UPDATE counter SET account_id = account_id + 9");
  pets.outside(change);
  pets.open(pets.with(kNumbered));
  CHECK(next() > 11);
  CHECK(must(pets.store->newest_event()).value > newest.value);
}
