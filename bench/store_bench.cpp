// Durable writes per second through the store's writer, at 1 and 64 callers, beside what the same
// disk gives to a bare SQLite insert+commit loop and to a bare fsync loop (decision 30).
//
//   store_bench [FOLDER [SECONDS]]     one JSON line per measurement
//
// A write is like a send: three sealed rows of 300 bytes, two counters and an event. FOLDER must be
// on the disk to be measured; a temporary folder is made in it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "crypto/random.h"
#include "store/store.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::array kMigrations{store::Migration{
    1, "bench",
    "CREATE TABLE message(account_id INTEGER NOT NULL, id INTEGER NOT NULL, chat_id INTEGER NOT "
    "NULL, sealed BLOB NOT NULL, PRIMARY KEY(account_id, id)) STRICT;"
    "CREATE INDEX message_in_chat ON message(account_id, chat_id, id);"
    "CREATE TABLE outbox(account_id INTEGER NOT NULL, id INTEGER NOT NULL, envelope BLOB NOT NULL, "
    "PRIMARY KEY(account_id, id)) STRICT;"
    "CREATE TABLE session(id INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;"}};
constexpr base::AccountId kAccount{1};

void report(std::string_view what, double per_second, std::uint64_t largest_batch = 0) {
  fmt::print("{{\"bench\":\"store\",\"what\":\"{}\",\"per_second\":{:.0f},\"largest_batch\":{}}}\n",
             what, per_second, largest_batch);
}

// Calls `once` until the time is over; calls per second.
double loop(double seconds, const std::function<void()>& once) {
  const auto begin = SteadyClock::now();
  std::uint64_t count = 0;
  std::chrono::duration<double> passed{};
  do {
    once();
    ++count;
    passed = SteadyClock::now() - begin;
  } while (passed.count() < seconds);
  return static_cast<double>(count) / passed.count();
}

void bare_fsync(const std::string& dir, double seconds) {
  const int fd = ::open((dir + "/fsync").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const std::array<char, 4096> page{};
  off_t at = 0;
  report("fsync loop, 4 KiB appended", loop(seconds, [&] {
           if (::pwrite(fd, page.data(), page.size(), at) < 0 || ::fdatasync(fd) != 0) ::_exit(1);
           at += static_cast<off_t>(page.size());
         }));
  ::close(fd);
}

void bare_sqlite(const std::string& dir, double seconds) {
  sqlite3* db = nullptr;
  sqlite3_open((dir + "/bare.db").c_str(), &db);
  sqlite3_exec(db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
               "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB) STRICT",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO t(body) VALUES(zeroblob(300))", -1, &insert, nullptr);
  report("bare SQLite insert+commit loop", loop(seconds, [&] {
           if (sqlite3_step(insert) != SQLITE_DONE) ::_exit(1);
           sqlite3_reset(insert);
         }));
  sqlite3_finalize(insert);
  sqlite3_close(db);
}

base::Result<std::int64_t> send(store::Tx& tx, const store::AccountKey& key,
                                const base::Bytes& body) {
  const auto seal = [&](std::string_view table, std::int64_t id) {
    return tx.vault().seal(key, table, "sealed", id, body);
  };
  EDGE_TRY(const auto message, tx.next_id(kAccount, "message"));
  EDGE_TRY(const auto outbox, tx.next_id(kAccount, "outbox"));
  EDGE_CHECK(tx.db().run("INSERT INTO message(account_id,id,chat_id,sealed) VALUES(?,?,?,?)",
                         kAccount, message, 10, seal("message", message)));
  EDGE_CHECK(tx.db().run("INSERT INTO outbox(account_id,id,envelope) VALUES(?,?,?)", kAccount,
                         outbox, seal("outbox", outbox)));
  EDGE_CHECK(
      tx.db().run("INSERT OR REPLACE INTO session(id,sealed) VALUES(1,?)", seal("session", 1)));
  EDGE_CHECK(tx.append_event(kAccount, 1, base::as_bytes("an event's body")));
  return message;
}

// Each caller begins its next write when the one before was answered.
void through_the_writer(const std::string& dir, std::size_t callers, double seconds) {
  base::SystemClock clock;
  auto opened = store::Store::open({.dir = dir, .migrations = kMigrations, .clock = &clock});
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message);
    ::_exit(1);
  }
  store::Store& store = **opened;
  const store::AccountKey key = store.vault().account(store::random_uuid());
  base::Bytes body(300);
  crypto::random_bytes(body);
  std::atomic<std::uint64_t> count{0};
  std::atomic<bool> over{false};
  const auto begin = SteadyClock::now();
  std::function<void()> go = [&] {
    if (over) return;
    store.write<std::int64_t>([&](store::Tx& tx) { return send(tx, key, body); },
                              [&](base::Result<std::int64_t> result) {
                                if (result) ++count;
                                go();
                              });
  };
  for (std::size_t i = 0; i < callers; ++i) go();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  over = true;
  store.writer().flush();
  const std::chrono::duration<double> passed = SteadyClock::now() - begin;
  report(fmt::format("durable sends, {} callers", callers),
         static_cast<double>(count) / passed.count(), store.writer().stats().largest_batch);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string where = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  const double seconds = argc > 2 ? std::stod(argv[2]) : 3.0;
  std::string dir = where + "/store-bench-XXXXXX";
  if (::mkdtemp(dir.data()) == nullptr) {
    fmt::print(stderr, "no folder can be made in {}\n", where);
    return 1;
  }
  bare_fsync(dir, seconds);
  bare_sqlite(dir, seconds);
  through_the_writer(dir + "/one", 1, seconds);
  through_the_writer(dir + "/many", 64, seconds);
  std::filesystem::remove_all(dir);
  return 0;
}
