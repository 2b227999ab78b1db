// What the tests of the store share: a folder that goes away, a small schema, and a store in it.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "store/store.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"

namespace test {

class TempDir {
 public:
  TempDir() {
    // In memory where that is offered: what tests show of durability does not hang on real syncs.
    const std::string shm = "/dev/shm";
    std::string path =
        (::access(shm.c_str(), W_OK) == 0 ? shm : std::filesystem::temp_directory_path().string()) +
        "/edge-store-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = path;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline constexpr std::array kMigrations{
    store::Migration{1, "notes",
                     "CREATE TABLE note(id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT "
                     "NULL, text TEXT NOT NULL DEFAULT '') STRICT;"
                     "CREATE INDEX note_by_number ON note(number);"},
    store::Migration{2, "pairs",
                     "CREATE TABLE pair(account_id INTEGER NOT NULL, id INTEGER NOT NULL, sealed "
                     "BLOB NOT NULL, PRIMARY KEY(account_id, id)) STRICT, WITHOUT ROWID;"},
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void spit(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The value, or a test that ends here with the error's message.
template <class T>
T must(base::Result<T> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

struct World {
  TempDir dir;
  base::ManualClock clock;
  std::unique_ptr<store::Store> store;

  store::StoreOptions options() {
    return {.dir = dir.path(), .migrations = kMigrations, .clock = &clock};
  }
  void open(store::StoreOptions with) { store = must(store::Store::open(std::move(with))); }
  void open() { open(options()); }
  base::Error refusal(store::StoreOptions with) {
    auto opened = store::Store::open(std::move(with));
    REQUIRE_FALSE(opened);
    return opened.error();
  }
  base::Result<> add_note(std::int64_t number, std::string text = "") {
    return store->write_now<void>([=](store::Tx& tx) -> base::Result<> {
      EDGE_CHECK(tx.db().run("INSERT INTO note(number,text) VALUES(?,?)", number, text));
      return {};
    });
  }
  std::int64_t count_notes() {
    auto reader = must(store->read());
    return must(reader->integer("SELECT count(*) FROM note")).value_or(-1);
  }
};

}  // namespace test
