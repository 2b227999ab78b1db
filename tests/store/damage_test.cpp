#include <set>

#include "store/repair.h"
#include "tests/store/world.h"

using namespace store;
using base::Errc;
using test::must;

namespace {

constexpr std::size_t kPage = 4096;

// A store with 2,000 notes and 3,000 pairs, closed.
void fill(test::World& world) {
  world.open();
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    const std::string text(100, 'n');
    for (int i = 1; i <= 2000; ++i) {
      EDGE_CHECK(tx.db().run("INSERT INTO note(number,text) VALUES(?,?)", i, text));
    }
    for (int i = 1; i <= 3000; ++i) {
      EDGE_TRY(const auto id, tx.next_id(base::AccountId(1), "pair"));
      EDGE_CHECK(tx.db().run("INSERT INTO pair(account_id,id,sealed) VALUES(1,?,?)", id,
                             base::Bytes(100, 7)));
    }
    EDGE_CHECK(tx.append_event(base::AccountId(1), 1, base::as_bytes("e")));
    return {};
  }));
  world.store.reset();
}

// The pages of a table, from SQLite's own statistics where they are built in, else found by
// content.
std::vector<std::size_t> leaves_with(const std::string& file, std::string_view needle) {
  std::vector<std::size_t> out;
  for (std::size_t page = 1; (page + 1) * kPage <= file.size(); ++page) {
    if (file.substr(page * kPage, kPage).find(needle) != std::string::npos) out.push_back(page);
  }
  return out;
}

void break_page(std::string& file, std::size_t page) {
  for (std::size_t i = 0; i < kPage; ++i) file[page * kPage + i] = static_cast<char>(0xee);
}

const TableReport& report_of(const RepairReport& report, std::string_view table) {
  for (const TableReport& entry : report.tables) {
    if (entry.table == table) return entry;
  }
  FAIL("no such table");
  return report.tables.front();
}

}  // namespace

TEST_CASE("an undamaged store is copied whole") {
  test::World world;
  fill(world);
  const auto report = must(repair(world.dir.path(), 17));
  CHECK(report.lossless());
  CHECK(report_of(report, "note").saved == 2000);
  CHECK(report_of(report, "pair").saved == 3000);
  CHECK(std::filesystem::exists(world.dir / "store.db.damaged-17"));
  world.open();
  CHECK(world.count_notes() == 2000);
  must(world.add_note(1));
  auto reader = must(world.store->read());
  CHECK(must(reader->integer("SELECT max(id) FROM note")) == 2001);  // AUTOINCREMENT goes on
  CHECK(must(world.store->events_after(base::EventId(1), 10)).size() == 1);
}

TEST_CASE("a broken page: other tables answer, writes are refused, repair saves the rest") {
  test::World world;
  fill(world);
  const std::string path = world.dir / "store.db";
  std::string file = test::slurp(path);
  const auto leaves = leaves_with(file, std::string(100, 'n'));
  REQUIRE(leaves.size() > 30);
  break_page(file, leaves[10]);
  break_page(file, leaves[11]);
  break_page(file, leaves[25]);
  test::spit(path, file);

  world.open();  // the first and the last row are well: found only when the break is read
  CHECK_FALSE(world.store->health().writes_refused());
  {
    auto reader = must(world.store->read());
    const auto read = reader->each("SELECT text FROM note NOT INDEXED", [](const Row&) {});
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Errc::corrupt);
    CHECK(read.error().message.find("table note") != std::string::npos);
    CHECK(must(reader->integer("SELECT count(*) FROM pair")) == 3000);
  }
  const auto state = world.store->health().state();
  CHECK(state.writes_refused);
  CHECK(state.reason.find("privitty-edge repair") != std::string::npos);
  const auto write = world.add_note(1);
  REQUIRE_FALSE(write);
  CHECK(write.error().code == Errc::corrupt);
  CHECK_FALSE(repair(world.dir.path(), 1));  // the store is in use
  world.store.reset();

  const auto report = must(repair(world.dir.path(), 1));
  CHECK_FALSE(report.lossless());
  const TableReport& notes = report_of(report, "note");
  CHECK(notes.broken_stretches >= 2);
  CHECK(notes.saved > 1850);
  CHECK(notes.lost.has_value());
  CHECK(notes.saved + notes.lost.value_or(0) == 2000);
  CHECK(report_of(report, "pair").saved == 3000);
  CHECK(report_of(report, "pair").broken_stretches == 0);
  world.open();
  CHECK(world.count_notes() == static_cast<std::int64_t>(notes.saved));
  must(world.add_note(5));
  auto reader = must(world.store->read());
  must(reader->each("PRAGMA integrity_check", [](const Row& row) { CHECK(row.text(0) == "ok"); }));
}

TEST_CASE("rows of a table with a key of its own are found on both sides of a break") {
  test::World world;
  fill(world);
  const std::string path = world.dir / "store.db";
  std::string file = test::slurp(path);
  const auto leaves = leaves_with(file, std::string(100, 7));
  REQUIRE(leaves.size() > 30);
  break_page(file, leaves[3]);
  break_page(file, leaves[20]);
  test::spit(path, file);
  const auto report = must(repair(world.dir.path(), 1));
  CHECK(report_of(report, "pair").saved > 2850);
  CHECK(report_of(report, "pair").saved < 3000);
  CHECK(report_of(report, "note").saved == 2000);
}

TEST_CASE("after a repair that lost rows no number comes again") {
  test::World world;
  fill(world);
  const auto last = [&] {
    world.open();
    return must(world.store->newest_event());
  }();
  world.store.reset();
  const std::string path = world.dir / "store.db";
  std::string file = test::slurp(path);
  // The page of the counters: it alone holds this name beside a number.
  std::vector<std::size_t> pages = leaves_with(file, "event");
  REQUIRE_FALSE(pages.empty());
  for (const std::size_t page : pages) break_page(file, page);
  test::spit(path, file);
  const auto report = must(repair(world.dir.path(), 1));
  CHECK(report_of(report, "counter").saved == 0);
  world.open();
  CHECK(must(world.store->newest_event()) > last);
  const auto id = must(world.store->write_now<std::int64_t>(
      [](Tx& tx) { return tx.next_id(base::AccountId(1), "pair"); }));
  CHECK(id > 3000);
}

TEST_CASE("a truncated database opens for reading, refuses writes and is salvaged") {
  test::World world;
  fill(world);
  const std::string path = world.dir / "store.db";
  const std::string file = test::slurp(path);
  test::spit(path, file.substr(0, file.size() / kPage * 3 / 4 * kPage));
  auto options = world.options();
  options.check_after = 0;
  world.open(std::move(options));
  // Nobody reads what is missing: the check after the start finds it.
  CHECK(test::eventually([&] { return world.store->health().writes_refused(); }));
  {
    auto reader = must(world.store->read());
    CHECK(must(reader->integer("SELECT number FROM note WHERE id=1")) == 1);
  }
  const auto write = world.add_note(1);
  REQUIRE_FALSE(write);
  CHECK(write.error().code == Errc::corrupt);
  world.store.reset();
  const auto report = must(repair(world.dir.path(), 1));
  CHECK_FALSE(report.lossless());
  CHECK(report_of(report, "note").saved + report_of(report, "pair").saved > 1000);
  world.open();
  must(world.add_note(5));
}

TEST_CASE("a database that is damaged through and through is refused, with what to do") {
  test::World world;
  fill(world);
  test::spit(world.dir / "store.db", std::string(100 * kPage, 'x'));
  const auto error = world.refusal(world.options());
  CHECK(error.code == Errc::corrupt);
  CHECK(error.message.find("repair") != std::string::npos);
  CHECK_FALSE(repair(world.dir.path(), 1));
  CHECK(std::filesystem::exists(world.dir / "store.db"));
  CHECK_FALSE(std::filesystem::exists(world.dir / "store.db.repaired"));
}
