// Whoever may write the database file of a stopped store, without its key, can neither read, alter
// nor speak (docs/threat-model.md): each column of each table is changed, and taken from another
// row, and the row is then not intact, but for what kHarmless lists with its reason.
#include <algorithm>
#include <map>
#include <set>

#include "store/row_macs.h"
#include "store/schema/migrations.h"
#include "store/tables/contacts.h"
#include "store/tables/groups.h"
#include "store/tables/messages.h"
#include "store/tables/protected_files.h"
#include "store/tables/routes.h"
#include "tests/messaging/filled_store.h"

using namespace test;

namespace {

// Another program at the file of a store: it knows no key.
class Outside {
 public:
  explicit Outside(const std::string& path) : db_(opened(path)) {
    run("PRAGMA foreign_keys=OFF");
    run("PRAGMA ignore_check_constraints=ON");
  }
  store::Connection& db() { return *db_; }
  void run(const std::string& sql) {
    const auto done = db_->script(sql);
    if (!done) FAIL(sql << ": " << done.error().message);
  }
  std::int64_t number(const std::string& sql) {
    const auto found = db_->integer(sql);
    if (!found) FAIL(sql << ": " << found.error().message);
    return found->value_or(-1);
  }
  std::vector<std::string> texts(const std::string& sql) {
    std::vector<std::string> found;
    const auto done =
        db_->each(sql, [&](const store::Row& row) { found.emplace_back(row.text(0)); });
    if (!done) FAIL(sql << ": " << done.error().message);
    return found;
  }

 private:
  static std::unique_ptr<store::Connection> opened(const std::string& path) {
    auto db = store::Connection::open(path);
    if (!db) FAIL(db.error().message);
    return *std::move(db);
  }
  std::unique_ptr<store::Connection> db_;
};

// Columns that no MAC covers. `*`: all of the table.
const std::map<std::string, std::string> kHarmless{
    {"file_share.*", "the seal's associated data names account and file"},
    {"event.*",
     "account, kind and time are in the seal, which is bound to the id; chat_id leads a"
     " stream to what it looks into"},
    {"channel_event.*",
     "channel and time are in the seal, which is bound to the id; size is not"
     " read"},
    {"channel_index.*", "an entry that names another channel's row, or none, is ignored"},
    {"channel_index_new.*", "an entry that names another channel's row, or none, is ignored"},
    {"transfer_part.*",
     "a part that is taken for stored makes a file that is not the one sent,"
     " which its hash shows"},
    {"device_label.*", "a keyed hash; another is as none"},
    {"account_key.*", "the seal names account and uuid; another key opens no row"},
    {"account_import.*", "the seal names the account; one that does not open brings nothing back"},
    {"store_meta.*", "a format that is not known is refused; written_over is not read"},
    {"store_key.*", "what opens under the key is the key; made_at and slot are for people"},
    {"message.sealed", "the seal's associated data names account and id"},
    {"chat_group.state_sealed", "the seal's associated data names account and chat"},
    {"outbox.envelope", "opens in its session alone, once; what is not acknowledged goes again"},
    {"parked_envelope.envelope", "opens in its session alone, once"},
};

bool is_harmless(const std::string& table, const std::string& column) {
  return kHarmless.contains(table + ".*") || kHarmless.contains(table + "." + column);
}

std::vector<std::string> tables_of(Outside& outside) {
  return outside.texts(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY"
      " name");
}
std::vector<std::string> columns_of(Outside& outside, const std::string& table) {
  return outside.texts("SELECT name FROM pragma_table_info('" + table + "')");
}

// How a value is changed: one more, another first byte, a longer text.
std::string flipped(const std::string& column) {
  return "CASE typeof(" + column + ") WHEN 'integer' THEN " + column + " + 1 WHEN 'text' THEN " +
         column + " || 'x' WHEN 'blob' THEN CASE WHEN length(" + column +
         ") = 0 THEN x'01' ELSE CAST(CASE WHEN substr(" + column + ", 2, 1) = x'41' THEN substr(" +
         column + ", 1, 1) || x'42' ELSE substr(" + column + ", 1, 1) || x'41' END || substr(" +
         column + ", 3) AS BLOB) END ELSE NULL END";
}

// A value for a column that holds NULL.
std::string made_up(Outside& outside, const std::string& table, const std::string& column) {
  const auto type = outside.texts("SELECT type FROM pragma_table_info('" + table +
                                  "') WHERE name = '" + column + "'");
  return type.at(0) == "INTEGER" ? "1" : type.at(0) == "TEXT" ? "'x'" : "x'0102'";
}

// The condition that finds the n-th row of a table again, by its whole content but `except`.
std::string row_at(Outside& outside, const std::string& table, std::int64_t n,
                   const std::string& except) {
  std::string content;
  for (const std::string& column : columns_of(outside, table)) {
    if (column == except) continue;
    content += content.empty() ? "'" : " || ' AND ";
    content += column + " IS ' || quote(" + column + ")";
  }
  const auto found = outside.texts("SELECT " + content + " FROM main." + table +
                                   " ORDER BY mac LIMIT 1 OFFSET " + std::to_string(n));
  return found.at(0);
}

// A store that is open, so that its key is there, and the outside's view of what is intact.
struct OpenStore {
  explicit OpenStore(FilledStore& filled)
      : store(open(filled.alice.dir(), filled.clock)), outside(filled.database()) {
    auto made = store::RowMacs::of(store::migrations(), store->vault());
    REQUIRE(made);
    macs = *std::move(made);
    REQUIRE(macs->read_by(outside.db()));
  }
  static std::unique_ptr<store::Store> open(const std::string& dir, const base::Clock& clock) {
    auto opened =
        store::Store::open({.dir = dir, .migrations = store::migrations(), .clock = &clock});
    if (!opened) FAIL(opened.error().message);
    return *std::move(opened);
  }
  std::int64_t intact(const std::string& table, const std::string& where) {
    return outside.number("SELECT count(*) FROM checked_" + table + " WHERE intact AND " + where);
  }

  std::unique_ptr<store::Store> store;
  std::shared_ptr<const store::RowMacs> macs;
  Outside outside;
};

std::string refusal(FilledStore& filled) {
  const auto opened = store::Store::open(
      {.dir = filled.alice.dir(), .migrations = store::migrations(), .clock = &filled.clock});
  return opened ? "opened" : opened.error().message;
}

}  // namespace

TEST_CASE("a change of any column is noticed, or is listed as harmless with its reason") {
  FilledStore filled;
  OpenStore open(filled);
  Outside& outside = open.outside;
  for (const std::string& table : tables_of(outside)) {
    const auto columns = columns_of(outside, table);
    const bool has_mac = std::find(columns.begin(), columns.end(), "mac") != columns.end();
    INFO(table);
    CHECK(outside.number("SELECT count(*) FROM main." + table) > 0);
    if (!has_mac) {
      for (const std::string& column : columns) {
        INFO("a column without a MAC and without a reason: " << table << "." << column);
        CHECK(is_harmless(table, column));
      }
      continue;
    }
    const std::int64_t rows = outside.number("SELECT count(*) FROM main." + table);
    CHECK(open.intact(table, "true") == rows);
    const bool lone = table == "selection" || table == "steady_time" || table == "mail_key";
    CHECK((lone || rows > 1));
    for (const std::string& column : columns) {
      INFO(table << "." << column);
      for (std::int64_t n = 0; n < std::min<std::int64_t>(rows, 4); ++n) {
        const std::string row = row_at(outside, table, n, column);
        outside.run("BEGIN IMMEDIATE");
        const bool null = outside.number("SELECT " + column + " IS NULL FROM main." + table +
                                         " WHERE " + row + " ORDER BY mac LIMIT 1") == 1;
        outside.run("UPDATE OR REPLACE main." + table + " SET " + column + " = " +
                    (null ? made_up(outside, table, column) : flipped(column)) + " WHERE " + row);
        if (is_harmless(table, column)) {
          CHECK(open.intact(table, row) >= 1);  // else the reason is out of date
        } else {
          CHECK(open.intact(table, row) == 0);
        }
        outside.run("ROLLBACK");
      }
    }
  }
}

TEST_CASE("a value from another row is noticed, and so is a row in another place") {
  FilledStore filled;
  OpenStore open(filled);
  Outside& outside = open.outside;
  for (const std::string& table : tables_of(outside)) {
    const auto columns = columns_of(outside, table);
    if (std::find(columns.begin(), columns.end(), "mac") == columns.end()) continue;
    if (outside.number("SELECT count(*) FROM main." + table) < 2) continue;
    for (const std::string& column : columns) {
      if (is_harmless(table, column)) continue;
      INFO(table << "." << column);
      const auto values =
          outside.texts("SELECT quote(" + column + ") FROM main." + table + " ORDER BY mac");
      const std::string row = row_at(outside, table, 0, column);
      for (const std::string& value : std::set<std::string>(values.begin(), values.end())) {
        if (value == values.at(0)) continue;
        outside.run("BEGIN IMMEDIATE");
        // What has the value by a unique index makes room.
        outside.run("UPDATE OR REPLACE main." + table + " SET " + column + " = " + value +
                    " WHERE " + row);
        CHECK(open.intact(table, row + " AND " + column + " IS " + value) == 0);
        outside.run("ROLLBACK");
      }
    }
  }
}

TEST_CASE("a row that was changed stays so, whatever the store writes into it") {
  FilledStore filled;
  Outside(filled.database())
      .run("UPDATE message SET from_id = 11 WHERE id = " + std::to_string(filled.from_bob.value));
  filled.alice.start();
  in_account(filled.alice, [&](store::Tx&, const store::Scope& scope) -> base::Result<> {
    EDGE_TRY(const bool changed,
             store::set_message_state(scope, filled.from_bob, store::MsgState::in_seen));
    CHECK(changed);
    return {};
  });
  const auto found = filled.alice.engine().messages().get(kAccount, filled.from_bob);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == base::Errc::sealed);
  CHECK(found.error().message.starts_with("the record of message " +
                                          std::to_string(filled.from_bob.value) + " was changed"));
}

TEST_CASE("messages that were given another author or chat fail, and the rest goes on") {
  FilledStore filled;
  const std::string bob = std::to_string(filled.bob_at_alice.value);
  Outside(filled.database())
      .run("UPDATE message SET from_id = " + bob +
           ", chat_id = " + std::to_string(filled.alices_bob.value) +
           " WHERE id = " + std::to_string(filled.from_carol.value));
  filled.alice.start();
  CHECK(filled.alice.engine().messages().get(kAccount, filled.from_carol).error().code ==
        base::Errc::sealed);
  CHECK(filled.alice.texts(filled.alices_carol) == std::vector<std::string>{});
  const auto bobs = filled.alice.texts(filled.alices_bob);
  CHECK(std::find(bobs.begin(), bobs.end(), "from carol") == bobs.end());
  CHECK(std::find(bobs.begin(), bobs.end(), "from bob") != bobs.end());
  CHECK(filled.alice.search("from carol").empty());
  filled.network.set({});
  filled.carol.send(filled.alice_carol, "again");
  CHECK(filled.until([&] { return filled.alice.has_text("again"); }));
}

TEST_CASE("sessions and routes that were exchanged lead nobody to another's messages") {
  FilledStore filled;
  const std::string bob = std::to_string(filled.bob_at_alice.value);
  const std::string carol = std::to_string(filled.carol_at_alice.value);
  {
    Outside outside(filled.database());
    outside.run("UPDATE session SET contact_id = 999 WHERE contact_id = " + bob);
    outside.run("UPDATE session SET contact_id = " + bob + " WHERE contact_id = " + carol);
    outside.run("UPDATE contact SET route_id = (SELECT route_id FROM contact WHERE id = " + carol +
                ") WHERE id = " + bob);
  }
  filled.network.set({});
  filled.alice.start();
  MessageDraft draft;
  draft.text = "for bob alone";
  const auto sent = answer<MsgId>([&](auto done) {
    filled.alice.engine().messages().send(kAccount, filled.alices_bob, draft, std::move(done));
  });
  REQUIRE(sent);
  CHECK(filled.alice.message(*sent).state == MsgState::out_failed);
  // Carol's session is lost like any that is missing: it is renewed, and she speaks as herself.
  filled.carol.send(filled.alice_carol, "as carol");
  filled.alice.send(filled.alices_carol, "for carol");
  REQUIRE(filled.until(
      [&] { return filled.alice.has_text("as carol") && filled.carol.has_text("for carol"); }));
  CHECK(filled.alice.message(*filled.alice.find_text("as carol")).from == filled.carol_at_alice);
  CHECK_FALSE(filled.carol.has_text("for bob alone"));
  CHECK_FALSE(filled.carol.has_text("waits one"));
}

TEST_CASE("what needs a record that was changed is dropped, and what comes behind it arrives") {
  FilledStore filled;
  Outside(filled.database()).run("UPDATE chat_group SET mac = zeroblob(16)");
  const ChatId at_bob = FilledStore::groups_at(filled.bob).front();
  for (int i = 0; i < 3; ++i) {
    filled.bob.send(filled.alice_bob, "before " + std::to_string(i));
    filled.bob.send(at_bob, "to the group " + std::to_string(i));
    filled.bob.send(filled.alice_bob, "behind " + std::to_string(i));
  }
  filled.network.set({});
  filled.alice.start();
  CHECK(filled.until(
      [&] { return filled.alice.has_text("before 2") && filled.alice.has_text("behind 2"); }));
  const auto texts = filled.alice.texts(filled.alices_bob);
  for (int i = 0; i < 3; ++i) {
    CHECK(std::count(texts.begin(), texts.end(), "before " + std::to_string(i)) == 1);
    CHECK(std::count(texts.begin(), texts.end(), "behind " + std::to_string(i)) == 1);
  }
}

TEST_CASE("one changed row of each table costs that row, and the store serves the others") {
  FilledStore filled;
  filled.network.set({});
  const std::string carol = std::to_string(filled.carol_at_alice.value);
  const std::map<std::string, std::string> carols{{"session", "contact_id = " + carol},
                                                  {"deposit_token", "contact_id = " + carol},
                                                  {"contact", "id = " + carol},
                                                  {"contact_key", "contact_id = " + carol},
                                                  {"account", "id = 2"},
                                                  {"account_way_in", "account_id = 2"}};
  const std::vector<std::string> tables = [&] {
    Outside outside(filled.database());
    return tables_of(outside);
  }();
  // A few tables for each start: a start with its messages is what takes time.
  constexpr std::size_t kTablesAtOnce = 4;
  for (std::size_t first = 0; first < tables.size(); first += kTablesAtOnce) {
    const std::string& table = tables[first];  // names the messages
    INFO(table << " and the tables after it");
    for (std::size_t at = first; at < std::min(first + kTablesAtOnce, tables.size()); ++at) {
      Outside outside(filled.database());
      const std::string& damaged = tables[at];
      const auto columns = columns_of(outside, damaged);
      if (std::find(columns.begin(), columns.end(), "mac") == columns.end()) continue;
      const auto chosen = carols.find(damaged);
      const bool of_account = columns.at(0) == "account_id" || columns.at(1) == "account_id";
      const std::string where = chosen != carols.end() ? chosen->second
                                : of_account           ? "account_id = 1"
                                                       : "true";
      outside.run("UPDATE " + damaged + " SET mac = zeroblob(16) WHERE mac = (SELECT mac FROM " +
                  damaged + " WHERE " + where + " ORDER BY " + columns.at(0) + " DESC, " +
                  columns.at(1) + " DESC LIMIT 1)");
    }
    filled.alice.start();
    filled.alice.send(filled.alice.saved_messages(), "note after " + table);
    CHECK(filled.alice.engine().chats().list(kAccount, {}));
    CHECK(filled.alice.engine().contacts().ids(kAccount, false, std::nullopt));
    filled.bob.send(filled.alice_bob, "from bob after " + table);
    filled.alice.send(filled.alices_bob, "from alice after " + table);
    CHECK(filled.until([&] {
      return filled.alice.has_text("from bob after " + table) &&
             filled.bob.has_text("from alice after " + table);
    }));
    filled.alice.stop();
  }
}

TEST_CASE("a file that waits to be sent costs itself when its records were changed") {
  struct Changed {
    const char* sql;
    bool arrives;
  };
  const auto [sql, arrives] = GENERATE(
      Changed{"UPDATE blob SET mac = zeroblob(16)", false},
      Changed{"UPDATE blob SET sealed = x'01'", false},
      Changed{"UPDATE blob SET mac = zeroblob(16); UPDATE message SET mac = zeroblob(16) WHERE id"
              " IN (SELECT msg_id FROM outbox)",
              false},
      // Another session is made, and the file goes by that.
      Changed{"UPDATE session SET mac = zeroblob(16)", true}, Changed{"DELETE FROM session", true});
  INFO(sql);
  World world;
  const ChatId at_bob = world.join(world.bob, world.alice);
  const ChatId at_alice = world.alice.chat_with_peer();
  world.network.set({.cut = true});
  TempDir files;
  MessageDraft draft;
  draft.text = "the file";
  draft.file = files.file("pump.txt", "81 degrees");
  world.alice.send(at_alice, draft);
  world.alice.stop();
  Outside(world.alice.dir() + "/store.db").run(sql);
  world.network.set({});
  world.alice.start();
  world.alice.send(at_alice, "behind the file");
  CHECK(world.until([&] { return world.bob.has_text("behind the file"); }));
  CHECK((!arrives || world.until([&] { return world.bob.has_text("the file"); })));
  CHECK(world.bob.has_text("the file") == arrives);
  world.bob.send(at_bob, "from bob");
  CHECK(world.until([&] { return world.alice.has_text("from bob"); }));
}

TEST_CASE("a store that is made to look older is refused") {
  FilledStore filled;
  {
    Outside outside(filled.database());
    for (const std::string& table : tables_of(outside)) {
      const auto columns = columns_of(outside, table);
      if (std::find(columns.begin(), columns.end(), "mac") == columns.end()) continue;
      outside.run("ALTER TABLE " + table + " DROP COLUMN mac");
    }
    outside.run("UPDATE message SET from_id = 11");
    outside.run("PRAGMA user_version=10");
  }
  CHECK(refusal(filled).find("older schema") != std::string::npos);
}

TEST_CASE("triggers, views and other tables that somebody put into the file are refused") {
  const auto sql = GENERATE(as<std::string>{},
                            "CREATE TRIGGER t AFTER INSERT ON message BEGIN UPDATE message SET"
                            " from_id = 11; END",
                            "CREATE VIEW v AS SELECT * FROM message",
                            "ALTER TABLE contact ADD COLUMN extra INTEGER",
                            "CREATE INDEX i ON message(from_id)");
  FilledStore filled;
  Outside(filled.database()).run(sql);
  CHECK(refusal(filled).find("changed by another program") != std::string::npos);
}
